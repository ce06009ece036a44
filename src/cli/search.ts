/** `vitascope search`: what the administrator of the machine may do about the search index. */
import { readConfig } from '../platform/config.ts'
import { openLog } from '../platform/log.ts'
import { openApp } from '../platform/open.ts'
import { rebuildIndexes } from '../roles/desk.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'

const usage = `vitascope search rebuild [--wait SECONDS]

  rebuild                every running process of the API builds its index anew from the database; the old one answers
                         until the new one is complete. Tells how many documents each has, for as long as it waits (20 s).
                         Indexes follow the database by themselves: this is for when one is suspected not to.

${SETTINGS_USAGE}`

export const search: Command = {
  usage,
  async run(words) {
    const { given, values, positionals } = readWordsAndSettings(words, { wait: { type: 'string' } })
    if (positionals[0] !== 'rebuild' || positionals.length > 1) throw new UsageError('search takes rebuild')
    const seconds = Number(values.wait ?? 20)
    if (!(seconds > 0 && seconds <= 3600)) throw new UsageError('--wait takes seconds, up to 3600')
    const config = readConfig({ 'log.level': 'error', 'db.pool': 2, ...given })
    const app = await openApp(config, { join: true, log: openLog(config['log.level']) })
    try {
      let count = 0
      await rebuildIndexes(app, seconds * 1000, (documents) => {
        count++
        process.stdout.write(`A process has built its index anew: ${documents} documents\n`)
      })
      if (count === 0)
        process.stdout.write('No process has answered yet; one that starts builds its index by itself.\n')
      return 0
    } finally {
      await app.close()
    }
  },
}
