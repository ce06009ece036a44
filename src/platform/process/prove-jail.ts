/** Proof that the jail holds: a program inside really tries to get out, and what it reached is told. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Jail, JailedProcess, JailLimits } from '../process.ts'

type Finding = Awaited<ReturnType<Jail['prove']>>['findings'][number]

/** Runs any program inside, by full path. */
export type StartAny = (program: string, args: string[], limits: JailLimits) => JailedProcess

const MIB = 1024 ** 2
const ORDINARY: JailLimits = { wallMs: 10_000, memoryBytes: 512 * MIB, outputBytes: MIB, nice: 0 }

/** `ffprobe` is a full path, or undefined when there is none: then the network is not tried. */
export async function proveJail(
  start: StartAny,
  shell: string,
  ffprobe: string | undefined,
): Promise<{ holds: boolean; findings: Finding[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-canary-'))
  try {
    const findings = [
      await runsAtAll(start, shell),
      await readsCanary(start, shell, join(folder, 'canary')),
      await writesOutside(start, shell, join(folder, 'written')),
      await reachesNetwork(start, ffprobe),
      await outgrowsMemory(start, shell),
      await outstaysTime(start, shell),
      await forks(start, shell),
    ]
    return { holds: findings.every((finding) => finding.held), findings }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function outputOf(running: JailedProcess) {
  const [output, ending] = await Promise.all([text(running.stdout), running.done])
  return { output, ...ending }
}

/** A jail in which nothing runs would pass every other test. */
async function runsAtAll(start: StartAny, shell: string): Promise<Finding> {
  const { output, stderr } = await outputOf(start(shell, ['-c', 'echo inside'], ORDINARY))
  const held = output.trim() === 'inside'
  return { test: 'runs', held, says: held ? 'A program runs inside.' : `Nothing runs inside: ${stderr.trim()}` }
}

async function readsCanary(start: StartAny, shell: string, canary: string): Promise<Finding> {
  const secret = `canary ${Math.random()}`
  await writeFile(canary, `${secret}\n`, { mode: 0o644 })
  const { output } = await outputOf(start(shell, ['-c', `read -r line < "$1" && echo "$line"`, 'sh', canary], ORDINARY))
  const held = !output.includes(secret)
  return { test: 'files', held, says: held ? 'A file outside cannot be read.' : 'A file outside was read.' }
}

async function writesOutside(start: StartAny, shell: string, path: string): Promise<Finding> {
  await outputOf(start(shell, ['-c', 'echo x > "$1"', 'sh', path], ORDINARY))
  const held = await stat(path).then(
    () => false,
    () => true,
  )
  return { test: 'writing', held, says: held ? 'Nothing outside can be written.' : 'A file outside was written.' }
}

async function reachesNetwork(start: StartAny, ffprobe: string | undefined): Promise<Finding> {
  if (!ffprobe) return { test: 'network', held: false, says: 'Not tried: there is no ffprobe to try it with.' }
  let calls = 0
  const listener = createServer((socket) => {
    calls++
    socket.destroy()
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  try {
    // Without any of the engine's whitelists: the walls alone must hold.
    await outputOf(
      start(ffprobe, ['-v', 'error', `tcp://127.0.0.1:${port}?timeout=2000000`], {
        ...ORDINARY,
        memoryBytes: 2048 * MIB,
      }),
    )
  } finally {
    await new Promise((resolve) => listener.close(resolve))
  }
  return {
    test: 'network',
    held: calls === 0,
    says: calls === 0 ? 'The network cannot be reached.' : 'A server outside was reached.',
  }
}

async function outgrowsMemory(start: StartAny, shell: string): Promise<Finding> {
  const wanted = ORDINARY.memoryBytes * 2
  const { exitCode } = await outputOf(
    start(shell, ['-c', `exec dd if=/dev/zero of=/dev/null bs=${wanted} count=1`], ORDINARY),
  )
  const held = exitCode !== 0
  return {
    test: 'memory',
    held,
    says: held ? 'No more memory than allowed can be had.' : 'More memory than allowed was had.',
  }
}

async function outstaysTime(start: StartAny, shell: string): Promise<Finding> {
  const began = performance.now()
  const { why } = await outputOf(
    start(shell, ['-c', 'trap "" TERM; while :; do :; done'], { ...ORDINARY, wallMs: 300 }),
  )
  const tookMs = performance.now() - began
  const held = why === 'timeout' && tookMs < 5000
  return {
    test: 'time',
    held,
    says: held ? 'What takes too long is ended.' : `A program that took too long lived ${Math.round(tookMs)} ms.`,
  }
}

async function forks(start: StartAny, shell: string): Promise<Finding> {
  const { output } = await outputOf(start(shell, ['-c', '(echo forked)'], ORDINARY))
  const held = !output.includes('forked')
  return {
    test: 'processes',
    held,
    says: held ? 'No further process can be started.' : 'Further processes can be started.',
  }
}
