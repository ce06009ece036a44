/** Starting and stopping the whole program. */
import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { sleep } from '../../src/kit/retry.ts'
import { openHome } from './program.ts'

/** Processes that carry this folder in their words. */
function processesOf(folder: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid,args']).toString().split('\n')
  return all.filter((line) => line.includes(folder))
}

test('it starts, answers, stops at Ctrl-C, and starts again where it stopped', async () => {
  await using home = await openHome()

  const first = await home.serve()
  expect(first.line).toMatch(
    /^Vitascope is ready at http:\/\/127\.0\.0\.1:\d+ - sign up there: the first account becomes the administrator$/,
  )
  expect((await fetch(`${first.address}/readyz`)).status).toBe(200)
  const made = await home.run(['account', 'create', '--email', 'Ana@example.org', '--name', 'Ana', '--json'])
  expect(JSON.parse(made.out)).toMatchObject({ role: 'admin', email: 'ana@example.org', handle: 'ana' })
  expect(await first.stop()).toBe(0)
  expect(processesOf(home.folder)).toEqual([])

  const second = await home.serve()
  expect(second.line).toMatch(/^Vitascope is ready at http:\/\/127\.0\.0\.1:\d+$/)
  expect(await second.stop('SIGTERM')).toBe(0)
  expect(await readdir(home.data)).toContain('database')
}, 120_000)

test('a worker that dies is replaced, and ends with the program that started it, however that ended', async () => {
  await using home = await openHome()
  const server = await home.serve()
  const workers = () => childrenOf(server.child.pid!)
  await until(() => workers().length === 1)
  const [worker] = workers()

  process.kill(worker!, 'SIGKILL')
  await until(() => workers().length === 1 && workers()[0] !== worker)
  const [another] = workers()
  await server.stop('SIGKILL')

  await until(() => !lives(another!))
  expect(lives(another!)).toBe(false)
}, 120_000)

test('roles can be parted over processes of one database', async () => {
  await using home = await openHome()
  const api = await home.serve(['--roles', 'api,origin'])
  expect(childrenOf(api.child.pid!)).toEqual([])

  const made = await home.run(['account', 'token', '--email', 'nobody@example.org'])

  expect(made).toMatchObject({ exitCode: 1, out: '' })
  expect(made.err).toBe('There is no such account.\n')
  expect(await api.stop()).toBe(0)
}, 120_000)

/** Process ids of the program's own workers: its database is a child, too. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args']).toString().trim().split('\n')
  const rows = lines.map((line) => line.trim().split(/\s+/))
  return rows
    .filter(([, parent, ...args]) => Number(parent) === pid && args.some((word) => word.endsWith('main.ts')))
    .map(([child]) => Number(child))
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(seen: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !seen(); tries++) await sleep(100)
}
