/** What the FFmpeg of this machine can do beyond what is needed of every one. */
import type { App } from '../../platform/app.ts'
import { lookLimits, runJailed } from '../sources/sources.ts'

const asked = new WeakMap<object, Promise<boolean>>()

/** Whether it has `zscale`; asked once in a process. */
export function hasZimg(app: App): Promise<boolean> {
  const known = asked.get(app.jail)
  if (known) return known
  const args = ['-hide_banner', '-filters']
  const answer = runJailed(
    app,
    { program: 'ffmpeg', args, pipes: 0, limits: lookLimits },
    new AbortController().signal,
  ).then(({ ok, stdout }) => ok && / zscale /.test(stdout.toString()))
  asked.set(app.jail, answer)
  answer.catch(() => asked.delete(app.jail))
  return answer
}
