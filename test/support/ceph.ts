/**
 * Runs an object store of the S3 kind until it is told to end: Ceph's gateway on a cluster of one monitor and one store in memory. A program
 * of its own, `node ceph.ts FOLDER PID`, because it serves all test files of a run and must end with the process PID that runs them. When
 * it is ready, `store.json` in the folder says where it is; what went wrong stands in `failed`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { openSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sleep } from '../../src/kit/retry.ts'
import { freePort } from './server.ts'

const run = promisify(execFile)
/** Each step by itself: a gateway that does not start lets the tools wait for ever. */
const STEP_MS = 30_000
const KEYS = { keyId: 'vitascope-test', secret: 'a secret of tests alone' }

const MOST_STARTS = 20
let starts = 0

const [folder = '', parent = ''] = process.argv.slice(2)
const daemons: ChildProcess[] = []

async function end(): Promise<never> {
  for (const it of daemons) it.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
  process.exit()
}
process.on('SIGTERM', () => void end())
setInterval(() => {
  try {
    process.kill(Number(parent), 0)
  } catch {
    void end()
  }
}, 500)

await writeFile(join(folder, 'supervisor'), String(process.pid))
try {
  const address = await start()
  await writeFile(join(folder, 'store.part'), JSON.stringify({ address, ...KEYS }))
  await rename(join(folder, 'store.part'), join(folder, 'store.json'))
} catch (error) {
  for (const it of daemons) it.kill('SIGKILL')
  await writeFile(join(folder, 'failed'), String(error))
}

async function start(): Promise<string> {
  const [monitor, gateway] = [await freePort(), await freePort()]
  const [cluster, store] = [randomUUID(), randomUUID()]
  const settings = join(folder, 'ceph.conf')
  await writeFile(settings, configuration(cluster, monitor, gateway))
  for (const name of ['monitor', 'store', 'gateway']) await mkdir(join(folder, name))
  const [keyring, map] = [join(folder, 'keyring'), join(folder, 'map')]

  await step('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.')
  // The old form of addresses: the younger messenger is switched off.
  await step('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', `v1:127.0.0.1:${monitor}`, map)
  await step('ceph-mon', '-c', settings, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring)
  daemon('ceph-mon', '-i', 'a')
  // The same id as the store is made with, or it would wait for ever to be let in.
  await stepOnceMonitorIsUp('ceph', '-c', settings, 'osd', 'new', store)
  await step('ceph-osd', '-c', settings, '-i', '0', '--mkfs', '--osd-uuid', store)
  daemon('ceph-osd', '-i', '0').once('exit', startStoreAgain)
  daemon('radosgw', '-n', 'client.rgw')
  await answers(`http://127.0.0.1:${gateway}/`)
  const user = ['user', 'create', '--uid=test', '--display-name=test']
  const keys = [`--access-key=${KEYS.keyId}`, `--secret-key=${KEYS.secret}`]
  await step('radosgw-admin', '-c', settings, '-n', 'client.rgw', ...user, ...keys)
  return `http://127.0.0.1:${gateway}`
}

async function step(program: string, ...args: string[]): Promise<void> {
  await run(program, args, { timeout: STEP_MS, killSignal: 'SIGKILL' })
}

/** A monitor that has only just begun refuses whoever asks before it knows which cluster it is in. */
async function stepOnceMonitorIsUp(program: string, ...args: string[]): Promise<void> {
  for (const untilMs = performance.now() + STEP_MS; ; await sleep(200)) {
    try {
      return await step(program, ...args)
    } catch (error) {
      if (performance.now() > untilMs) throw error
    }
  }
}

/** Now and then it asks the monitor something before it has heard which cluster it is in, is refused, and ends. */
function startStoreAgain(code: number | null): void {
  const before = daemons.findIndex((it) => it.spawnfile === 'ceph-osd')
  if (code !== 1 || before < 0 || starts++ >= MOST_STARTS) return
  daemons.splice(before, 1)
  daemon('ceph-osd', '-i', '0').once('exit', startStoreAgain)
}

function daemon(program: string, ...args: string[]): ChildProcess {
  const said = openSync(join(folder, `${program}.said`), 'w')
  const child = spawn(program, ['-c', join(folder, 'ceph.conf'), '-f', ...args], { stdio: ['ignore', said, said] })
  daemons.push(child)
  return child
}

async function answers(address: string): Promise<void> {
  for (const untilMs = performance.now() + STEP_MS; ; await sleep(50)) {
    if (await fetch(address, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)) return
    const ended = daemons.find((it) => it.exitCode !== null || it.signalCode !== null)
    if (ended) throw new Error(`${ended.spawnfile} ended with ${ended.exitCode ?? ended.signalCode}`)
    if (performance.now() > untilMs) throw new Error('the gateway does not answer')
  }
}

/** One of everything, nothing on the disk that need not be, nobody to be asked who he is but by the gateway. */
function configuration(cluster: string, monitor: number, gateway: number): string {
  const lines = {
    fsid: cluster,
    'mon host': `v1:127.0.0.1:${monitor}`,
    'public addr': '127.0.0.1',
    'ms bind msgr2': false,
    'auth cluster required': 'none',
    'auth service required': 'none',
    'auth client required': 'none',
    keyring: join(folder, 'keyring'),
    'run dir': folder,
    'admin socket': '',
    'pid file': '',
    'log file': join(folder, '$name.log'),
    'mon cluster log file': '/dev/null',
    'mon data': join(folder, 'monitor'),
    'mon data avail warn': 1,
    'mon data avail crit': 1,
    'mon allow pool size one': true,
    // Changes of the map are told at once: with the usual second of gathering, making the gateway's pools takes half a minute.
    'paxos propose interval': 0.02,
    'paxos min wait': 0.01,
    'osd data': join(folder, 'store'),
    'osd objectstore': 'memstore',
    'memstore device bytes': 4 * 1024 ** 3,
    'osd class load list': '*',
    'osd class default list': '*',
    'osd pool default size': 1,
    'osd pool default min size': 1,
    'osd pool default pg num': 1,
    'osd pool default pgp num': 1,
    'osd crush chooseleaf type': 0,
    'osd numa auto affinity': false,
    'rgw data': join(folder, 'gateway'),
    'rgw frontends': `beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1`,
    'rgw enable apis': 's3, admin',
    'rgw enable ops log': false,
    'rgw enable usage log': false,
    'rgw run sync thread': false,
    'rgw thread pool size': 64,
  }
  return `[global]\n${Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')}\n`
}
