/** The embedded database comes up, survives every kind of death, and is nobody's but its owner's. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { joinEmbedded, startEmbedded } from '../../src/platform/db/embedded.ts'
import { openLog } from '../../src/platform/log.ts'
import { until } from './until.ts'

const log = openLog('silent')

/** Starts the database of a folder in a process of its own, says its address and its process, and lives until killed. */
const OWNER = `
  import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, '../../src/platform/db/embedded.ts'))}
  import { openLog } from ${JSON.stringify(join(import.meta.dirname, '../../src/platform/log.ts'))}
  const database = await startEmbedded({ folder: process.argv[1], port: 0, log: openLog('silent') })
  console.log(JSON.stringify([database.url, database.pid]))
  setInterval(() => {}, 1000)`

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

/** Whether the process runs; one that is dead and not yet buried does not. */
async function alive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return state !== '' && !/\) Z /.test(state)
}

describe('the embedded database', () => {
  let root: string
  let folder: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'vitascope-embedded-'))
    folder = join(root, 'database')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  test('starts in an empty folder, and quickly the next time, with everything still there', async () => {
    const first = await startEmbedded({ folder, port: 0, log })
    await ask(first.url, "create table kept (n int, word text); insert into kept values (1, 'ünï')")
    expect(await ask(first.url, 'show server_encoding')).toEqual([{ server_encoding: 'UTF8' }])
    await first.close()
    expect(await alive(first.pid!)).toBe(false)

    const startedMs = performance.now()
    const second = await startEmbedded({ folder, port: 0, log })
    const tookMs = performance.now() - startedMs
    try {
      expect(await ask(second.url, 'select * from kept')).toEqual([{ n: 1, word: 'ünï' }])
      // A tenth of a second on an idle machine; tests share theirs.
      expect(tookMs).toBeLessThan(3000)
    } finally {
      await second.close()
    }
  })

  test('lets in nobody without the password, which only the owner can read', async () => {
    const database = await startEmbedded({ folder, port: 0, log })
    try {
      const stranger = new URL(database.url)
      stranger.password = 'guess'
      await expect(ask(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
      for (const file of ['password', 'address']) expect((await stat(join(folder, file))).mode & 0o077).toBe(0)
    } finally {
      await database.close()
    }
  })

  test('belongs to one owner; others in need of it are told its address', async () => {
    expect(await joinEmbedded(folder)).toBeUndefined()
    const database = await startEmbedded({ folder, port: 0, log })
    try {
      await expect(startEmbedded({ folder, port: 0, log })).rejects.toThrow('in use by another process')
      const joined = await joinEmbedded(folder)
      expect(await ask(joined!, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      await database.close()
    }
    expect(await joinEmbedded(folder)).toBeUndefined()
  })

  test('is started again when it is killed, at the same address, with all that was committed', async () => {
    const database = await startEmbedded({ folder, port: 0, log })
    try {
      await ask(database.url, 'insert into kept values (2, null)')
      const killed = database.pid!
      process.kill(killed, 'SIGKILL')
      await until(async () => {
        const rows = await ask(database.url, 'select count(*)::int as count from kept').catch(() => [])
        return rows[0]?.count === 2 && database.pid !== killed
      }, 20_000)
    } finally {
      await database.close()
    }
  })

  test('dies with its owner when that is killed, and the next owner finds it whole', async () => {
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', OWNER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const [url, pid] = JSON.parse(line.toString()) as [string, number]
    await ask(url, 'insert into kept values (3, null)')
    owner.kill('SIGKILL')
    await once(owner, 'close')
    // At once, while the old server may still be on its way out.
    const next = await startEmbedded({ folder, port: 0, log })
    try {
      expect(await alive(pid)).toBe(false)
      expect(await ask(next.url, 'select count(*)::int as count from kept')).toEqual([{ count: 3 }])
    } finally {
      await next.close()
    }
  })

  test('finds its way past the traces of a machine that lost power', async () => {
    const database = await startEmbedded({ folder, port: 0, log })
    const pidFile = await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')
    await database.close()
    for (const number of [999_999_999, process.pid]) {
      // The file names a process that is no more, or a stranger that has its number now.
      await writeFile(join(folder, 'cluster', 'postmaster.pid'), pidFile.replace(/^\d+/, String(number)))
      const next = await startEmbedded({ folder, port: 0, log })
      try {
        expect(await ask(next.url, 'select count(*)::int as count from kept')).toEqual([{ count: 3 }])
      } finally {
        await next.close()
      }
    }
  })

  test('works below a long path and a private one, where a socket has no room', async () => {
    const deep = join(root, 'private', 'x'.repeat(120), 'database')
    await mkdir(join(root, 'private'), { mode: 0o700 })
    const database = await startEmbedded({ folder: deep, port: 0, log })
    try {
      expect(new URL(database.url).hostname).toBe('127.0.0.1')
      expect(await ask(database.url, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      await database.close()
    }
  })
})
