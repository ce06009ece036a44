/** `vitascope serve`: runs the roles that the settings ask for until it is told to stop. */
import { readConfig } from '../platform/config.ts'
import { isNew } from '../roles/desk.ts'
import { type Running, start } from '../roles/start.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'
import type { Demo } from './demo.ts'

const usage = `vitascope serve [--roles api,worker,origin,clock] [--demo] [settings]

  --roles LIST           what this process runs; all by default
  --demo                 fills a platform without videos with a dozen generated ones

${SETTINGS_USAGE}`

/** Ctrl-C reaches us several ways at once (the terminal, npm, the set-up); only a later one is a second wish. */
const SAME_KEYSTROKE_MS = 1000

export const serve: Command = {
  usage,
  async run(words) {
    const { given, values, positionals } = readWordsAndSettings(words, { demo: { type: 'boolean' } })
    if (positionals.length > 0) throw new UsageError(`serve takes no ${positionals[0]}`)
    const config = readConfig(given)
    // Heard from the beginning: a stop during the start is a stop, too.
    const told = stopWish()
    const running = await start(config)
    const demo = values.demo ? await demoOf(running) : undefined
    process.stdout.write(`${await greeting(running, demo)}\n`)
    const stopping = new AbortController()
    const filled = demo?.fill(stopping.signal).catch((error) => {
      if (!stopping.signal.aborted) running.app.log.error({ error: String(error) }, 'demo not complete')
    })
    await told
    stopping.abort()
    await filled
    await running.stop()
    return 0
  },
}

/** The one line that people and scripts wait for. */
async function greeting({ app, address }: Running, demo: Demo | undefined): Promise<string> {
  const { roles } = app.config
  if (!address) return `Vitascope works (${roles.join(', ')})`
  if (!roles.includes('api')) return `Vitascope (${roles.join(', ')}) is ready at ${address}`
  if (demo?.admin) {
    return `Vitascope is ready at ${address} - the demonstration's administrator is ${demo.admin.email}, password ${demo.admin.password}`
  }
  const hint = (await isNew(app)) ? ' - sign up there: the first account becomes the administrator' : ''
  return `Vitascope is ready at ${address}${hint}`
}

async function demoOf({ app, address }: Running): Promise<Demo | undefined> {
  if (!address || !app.config.roles.includes('api')) throw new UsageError('--demo needs the role api')
  // Loaded only where it is asked for.
  const { prepareDemo } = await import('./demo.ts')
  return prepareDemo(app, address)
}

/** Resolves at the first wish to stop; at a second one the process ends at once. */
function stopWish(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    const hear = () => {
      if (firstMs !== undefined && performance.now() - firstMs > SAME_KEYSTROKE_MS) process.exit(130)
      firstMs ??= performance.now()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear)
    // The channel to the process that started us closes with that process, however it ended.
    process.on('disconnect', resolve)
    // Listening must not keep a process alive that has nothing left to do.
    process.channel?.unref()
  })
}
