/** `vitascope --version`: which one this is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from './command.ts'

export const version: Command = {
  usage: 'vitascope --version\n\nSays which version this is, and of Node.\n',
  async run() {
    const said = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string
    }
    process.stdout.write(`vitascope ${said.version} (Node ${process.versions.node})\n`)
    return 0
  },
}
