/** The one entrance: the first word of the command line names a command, the rest belongs to it. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import type { Command } from './cli/command.ts'
import { toldOf } from './cli/telling.ts'
import { keepNurserySmall } from './platform/steady-memory.ts'

keepNurserySmall()
// Halves the time of loading from the second start on. Everything worth keeping is imported after this line.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/vitascope'))

// Each command is loaded when it is asked for: `help` should not have to wait for a database driver.
const commands: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  upload: async () => (await import('./cli/upload.ts')).upload,
  account: async () => (await import('./cli/account.ts')).account,
  migrate: async () => (await import('./cli/migrate.ts')).migrate,
  media: async () => (await import('./cli/media.ts')).media,
  search: async () => (await import('./cli/search.ts')).search,
  recommend: async () => (await import('./cli/recommend.ts')).recommend,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  help: async () => (await import('./cli/help.ts')).help,
  version: async () => (await import('./cli/version.ts')).version,
}
/** Words that every program understands. */
const alike: Record<string, string> = { '--help': 'help', '-h': 'help', '--version': 'version', '-V': 'version' }

async function main(words: string[]): Promise<number> {
  const [name = 'help', ...rest] = words
  const load = commands[alike[name] ?? name]
  if (!load) {
    process.stderr.write(`There is no command ${name}.\n\n`)
    await (await commands.help!()).run([])
    return 2
  }
  const command = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.usage)
    return 0
  }
  try {
    return await command.run(rest)
  } catch (error) {
    const kind = error instanceof Error ? error.name : undefined
    if (kind !== 'UsageError' && kind !== 'BadSettings') throw error
    process.stderr.write(`${(error as Error).message}\n`)
    if (kind === 'UsageError') process.stderr.write(`\n${command.usage}`)
    return 2
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${toldOf(error)}\n`)
  process.exitCode = 1
}
