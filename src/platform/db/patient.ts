/**
 * A pool that waits a moment for a connection in use before it opens another. A burst of short questions is answered by a few connections
 * in no time, where one of its own for each costs the database a process that knows nothing yet, and everybody else the time it takes to begin.
 */
import type pg from 'pg'

/** So many are opened as soon as they are asked for. */
const FEW = 4
const PATIENCE_MS = 25

export interface PatientPool {
  readonly options: object
  connect(): Promise<pg.PoolClient>
  end(): Promise<void>
}

/** The same connections, lent with patience. Who goes to `pool` past this is not counted. */
export function patient(pool: pg.Pool): PatientPool {
  const waiting = new Set<() => void>()
  let lent = 0

  function turn(): Promise<void> | undefined {
    if (lent++ < Math.max(FEW, pool.totalCount)) return undefined
    return new Promise((resolve) => {
      const begin = () => {
        clearTimeout(patience)
        waiting.delete(begin)
        resolve()
      }
      const patience = setTimeout(begin, PATIENCE_MS)
      waiting.add(begin)
    })
  }

  function giveBack(): void {
    lent--
    // The one that waits longest.
    const [next] = waiting
    next?.()
  }

  function lentOut(client: pg.PoolClient): pg.PoolClient {
    const release = client.release
    const releaseOnce = (error?: Error | boolean) => {
      release(error)
      giveBack()
    }
    // Not written where it is assigned: V8 would make it among the old things.
    client.release = releaseOnce
    return client
  }

  return {
    options: pool.options,
    async connect() {
      await turn()
      try {
        return lentOut(await pool.connect())
      } catch (error) {
        giveBack()
        throw error
      }
    },
    end: () => pool.end(),
  }
}
