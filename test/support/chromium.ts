/** The browser of tests and benches: the system's Chromium, quiet and headless. */
import { existsSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const CHROMIUM_ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** Where Chromium is; throws with what to do when it is nowhere. */
export function findChromium(): string {
  const path = PLACES.find((it) => existsSync(it))
  if (!path) throw new Error('This needs Chromium: apt-get install chromium')
  return path
}

export const hasChromium = (): boolean => PLACES.some((it) => existsSync(it))
