/** `vitascope migrate`: brings the database to the shape this version needs, and says what was done. */
import { readConfig } from '../platform/config.ts'
import { migrate as applyMissing } from '../platform/db/migrate.ts'
import { openLog } from '../platform/log.ts'
import { findDatabase } from '../platform/open.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE } from './command.ts'

export const migrate: Command = {
  usage: `vitascope migrate [settings]\n\n${SETTINGS_USAGE}`,
  async run(words) {
    const { given } = readWordsAndSettings(words, {})
    const config = readConfig(given)
    const closers: (() => Promise<void>)[] = []
    try {
      const done = await applyMissing(await findDatabase(config, openLog(config['log.level']), true, closers))
      process.stdout.write(done.length === 0 ? 'The database is up to date.\n' : `Applied: ${done.join(', ')}\n`)
      return 0
    } finally {
      for (const close of closers) await close()
    }
  },
}
