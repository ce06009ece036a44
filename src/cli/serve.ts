/** `vitascope serve`: runs the roles that the settings ask for until it is told to stop. */
import { readConfig } from '../platform/config.ts'
import { isNew } from '../roles/desk.ts'
import { type Running, start } from '../roles/start.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'

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
    if (config.roles.includes('api')) await announce(running)
    else if (running.address)
      process.stdout.write(`Vitascope (${config.roles.join(', ')}) is ready at ${running.address}\n`)
    const demo =
      values.demo && running.address && config.roles.includes('api') ? fillLater(running, running.address) : undefined
    await told
    demo?.abort()
    await running.stop()
    return 0
  },
}

async function announce({ app, address }: Running): Promise<void> {
  const hint = (await isNew(app)) ? ' - sign up there: the first account becomes the administrator' : ''
  process.stdout.write(`Vitascope is ready at ${address}${hint}\n`)
}

/** Fills the platform while it already answers. */
function fillLater(running: Running, address: string): AbortController {
  const stopping = new AbortController()
  void (async () => {
    const { fillWithDemo } = await import('./demo.ts')
    await fillWithDemo(running.app, address, stopping.signal)
  })().catch((error) => {
    if (!stopping.signal.aborted) running.app.log.error({ error: String(error) }, 'demo not complete')
  })
  return stopping
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
  })
}
