/**
 * One owner per folder. The lock is a listening socket with an abstract name (unix(7)): the kernel gives it to one
 * process, and takes it away at that process's death, however that came, so it can never be stale.
 */
import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { connect, createServer } from 'node:net'

/** Takes the folder for this process until `release`; throws when another has it. */
export async function holdFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const name = await lockName(folder)
  const server = createServer((visitor) => visitor.destroy())
  await new Promise<void>((settle, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      fail(
        error.code === 'EADDRINUSE'
          ? new Error(`The folder ${folder} is in use by another process of this platform`)
          : error,
      )
    })
    server.listen(name, settle)
  })
  server.unref()
  return {
    release: () => new Promise((settle) => server.close(() => settle())),
  }
}

/** Whether some process holds the folder now. */
export async function whoHolds(folder: string): Promise<boolean> {
  const name = await lockName(folder)
  return new Promise((settle) => {
    const visitor = connect(name)
    visitor.once('connect', () => {
      visitor.destroy()
      settle(true)
    })
    visitor.once('error', () => settle(false))
  })
}

/** The name follows the real path, so that two ways to one folder are one lock. */
async function lockName(folder: string): Promise<string> {
  const path = await realpath(folder).catch(() => folder)
  return `\0vitascope-${createHash('sha256').update(path).digest('hex').slice(0, 40)}`
}
