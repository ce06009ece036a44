/** `vitascope account`: makes accounts and API tokens, straight in the data folder or database. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { newSecret } from '../kit/ids.ts'
import type { App } from '../platform/app.ts'
import { readConfig } from '../platform/config.ts'
import { openLog } from '../platform/log.ts'
import { openApp } from '../platform/open.ts'
import { makeAccount, makeToken } from '../roles/desk.ts'
import { type Command, readWordsAndSettings, SETTINGS_USAGE, UsageError } from './command.ts'

const usage = `vitascope account create --email E --name N [--handle H] [--role member|moderator|admin] [--password P | --generate] [--json]
vitascope account token --email E [--name N] [--json]

  create                 makes an account and its channel; without --password it asks for one, or, where nobody can be
                         asked, makes one up and prints it
  token                  makes an API token and prints its secret, which is kept nowhere

They work on a platform that is running as well as on one that is not.

${SETTINGS_USAGE}`

const OPTIONS = {
  email: { type: 'string' },
  name: { type: 'string' },
  handle: { type: 'string' },
  role: { type: 'string' },
  password: { type: 'string' },
  generate: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

export const account: Command = {
  usage,
  async run(words) {
    const { given, values, positionals } = readWordsAndSettings(words, OPTIONS)
    const [verb, ...more] = positionals
    if ((verb !== 'create' && verb !== 'token') || more.length > 0)
      throw new UsageError('account takes create or token')
    const email = (values.email ?? missing('--email')).toLowerCase()
    if (verb === 'token') {
      const token = await inside(given, (app) => makeToken(app, email, values.name ?? 'command line'))
      print(values.json, token, token.secret)
      return 0
    }
    const name = values.name ?? missing('--name')
    const asks = values.password === undefined && !values.generate && process.stdin.isTTY
    const chosen = asks ? await askPassword() : values.password
    const password = chosen ?? newSecret().slice(0, 20)
    const made = await inside(given, (app) =>
      makeAccount(app, { email, name, password, handle: values.handle, role: values.role }),
    )
    const facts = { ...made, email, ...(chosen === undefined ? { password } : {}) }
    print(
      values.json,
      facts,
      `Made the ${made.role} ${email}, channel @${made.handle}${chosen === undefined ? `, password ${password}` : ''}`,
    )
    return 0
  },
}

function missing(option: string): never {
  throw new UsageError(`${option} is missing`)
}

function print(json: boolean | undefined, facts: unknown, sentence: string) {
  process.stdout.write(`${json ? JSON.stringify(facts) : sentence}\n`)
}

/** Opens the platform, or takes part in one that is running, for as long as `work` takes. */
async function inside<T>(given: Parameters<typeof readConfig>[0], work: (app: App) => Promise<T>): Promise<T> {
  const config = readConfig({ 'log.level': 'error', 'db.pool': 2, ...given })
  const app = await openApp(config, { join: true, log: openLog(config['log.level']) })
  try {
    return await work(app)
  } finally {
    await app.close()
  }
}

/** Asks at the terminal, without showing what is typed. */
function askPassword(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, next) => next() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true })
  process.stderr.write('Password: ')
  return new Promise((resolve, reject) => {
    terminal.once('close', () => reject(new Error('No password was given.')))
    terminal.question('', (answer) => {
      process.stderr.write('\n')
      resolve(answer)
      terminal.close()
    })
  })
}
