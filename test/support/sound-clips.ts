/** Clips of which the sound matters, made once each in a folder of a test, and what else is done to them without encoding anything again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ffmpeg } from './clips.ts'

/** What is in a sound. */
export interface SoundShape {
  rate?: number
  seconds?: number
  channels?: number
}

export function soundClips(folder: () => string) {
  async function make(name: string, seconds: number, sound: string, ...more: string[]): Promise<string> {
    const path = join(folder(), name)
    if (existsSync(path)) return path
    await ffmpeg(
      ...['-f', 'lavfi', '-i', `testsrc2=s=320x180:r=25:d=${seconds}`, '-f', 'lavfi', '-i', sound],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '160k'],
      ...['-movflags', '+faststart', ...more, path],
    )
    return path
  }

  return {
    /** A tone in every ear, whose loudness is that of its height (BS.1770: 0 LUFS at full scale), under a picture of eight seconds. */
    async clip(name: string, shape: SoundShape & { height?: number }): Promise<string> {
      const { height = 0.2, rate = 48000, seconds = 8, channels = 2 } = shape
      const tone = Array.from({ length: channels }, () => `${height}*sin(2*PI*997*t)`).join('|')
      return make(name, 8, `aevalsrc=${tone}:s=${rate}:d=${seconds}`)
    },

    /** What is hard to copy unheard: a rising tone, and clicks that make the coder change its windows. No noise is made up by the decoder. */
    async music(name: string, { rate = 44100, seconds = 8, channels = 2 }: SoundShape): Promise<string> {
      const voice = (base: number) =>
        `0.2*sin(2*PI*(${base}+90*t)*t)+0.3*lt(mod(t,0.37),0.002)*sin(2*PI*3000*t)+0.02*sin(2*PI*5100*t)`
      const all = Array.from({ length: channels }, (_, n) => voice(220 + n * 110)).join('|')
      return make(name, seconds, `aevalsrc='${all}':s=${rate}:d=${seconds}`, '-aac_pns', '0')
    },

    /** The sound of `path` once more, with its packets elsewhere. */
    async moved(name: string, path: string, seconds: string): Promise<string> {
      const to = join(folder(), name)
      await ffmpeg('-i', path, '-itsoffset', seconds, '-i', path, '-map', '0:v', '-map', '1:a', '-c', 'copy', to)
      return to
    },

    /** The same streams in another container. */
    async wrapped(name: string, path: string, ...more: string[]): Promise<string> {
      const to = join(folder(), name)
      await ffmpeg('-i', path, '-map', '0', '-c', 'copy', ...more, to)
      return to
    },
  }
}
