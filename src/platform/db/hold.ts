/** Being the only one: a lock of the database's (an advisory lock) that its holder's death frees at once. */
import pg from 'pg'

/** Numbers of the locks; any will do as long as everybody takes the same. */
export const LOCKS = { clock: 7_216_002 } as const

export interface Hold {
  /** Resolves when the connection is gone, and with it the lock: stop acting. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** Takes the lock, or gives undefined while somebody else has it. Throws when the database does not answer. */
export async function tryHold(url: string, lock: number): Promise<Hold | undefined> {
  const client = new pg.Client({ connectionString: url, application_name: 'vitascope hold', keepAlive: true })
  const lost = new Promise<void>((resolve) => {
    client.on('error', () => resolve())
    client.on('end', () => resolve())
  })
  try {
    await client.connect()
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [lock])
    if (rows[0]?.held) return { lost, release: () => client.end().catch(() => {}) }
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  await client.end()
  return undefined
}
