/** The jail: what a hostile file or a taken-over decoder may not do, tried for real. */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/platform/config.ts'
import { openLog } from '../../src/platform/log.ts'
import { openJail } from '../../src/platform/process/open-jail.ts'
import { JAIL_OUTPUT, type Jail, type JailedRun } from '../../src/platform/process.ts'

const MIB = 1024 ** 2
const limits = { wallMs: 20_000, memoryBytes: 2048 * MIB, outputBytes: 8 * MIB, nice: 0 }

let folder: string
let clip: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jail-'))
  clip = join(folder, 'clip.mp4')
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x240:rate=25:duration=1',
    '-c:v',
    'libx264',
    clip,
  ])
}, 30_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const jails: Jail['kind'][] = ['bubblewrap', 'limits']

async function jail(kind: Jail['kind']): Promise<Jail> {
  return openJail(readConfig({ 'transcode.jail': kind }, {}), openLog('silent'))
}

/** Runs to the end and gives all that came out. */
async function run(inside: Jail, it: Partial<JailedRun>) {
  const running = inside.start({ program: 'ffmpeg', args: [], pipes: 0, limits, ...it })
  const [output, pipes, ending] = await Promise.all([
    buffer(running.stdout),
    Promise.all(running.pipes.map((pipe) => buffer(pipe))),
    running.done,
  ])
  return { output, pipes, ...ending }
}

describe.each(jails)('the jail of %s', (kind) => {
  test('brings what FFmpeg writes to several pipes, whole and apart', async () => {
    const inside = await jail(kind)
    const args = [
      '-v',
      'error',
      '-i',
      inside.inputName(clip),
      '-frames:v',
      '10',
      '-f',
      'rawvideo',
      'pipe:3',
      '-frames:v',
      '2',
      '-f',
      'rawvideo',
      'pipe:4',
    ]

    const { pipes, exitCode, why, stderr } = await run(inside, { args, inputPath: clip, pipes: 2 })

    expect({ exitCode, why, stderr }).toEqual({ exitCode: 0, why: 'exited', stderr: '' })
    expect(pipes.map((pipe) => pipe.length)).toEqual([10, 2].map((frames) => (frames * 320 * 240 * 3) / 2))
  })

  test('lets a program write into its one output folder', async () => {
    const inside = await jail(kind)
    const out = join(folder, `out-${kind}`)
    await mkdir(out)
    const args = ['-v', 'error', '-i', inside.inputName(clip), '-c', 'copy', `${inside.outputName(out)}/copy.mkv`]

    const { exitCode } = await run(inside, { args, inputPath: clip, outputFolder: out })

    expect(exitCode).toBe(0)
    expect(await readdir(out)).toEqual(['copy.mkv'])
  })

  test('ends the whole group when the time is over, even of a program that will not listen', async () => {
    const inside = await jail(kind)
    const args = ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-f', 'null', '-']

    const began = performance.now()
    const { why } = await run(inside, { args, limits: { ...limits, wallMs: 700 } })

    expect(why).toBe('timeout')
    expect(performance.now() - began).toBeLessThan(5000)
    expect(execFileSync('ps', ['-eo', 'args']).toString()).not.toContain('testsrc2=size=64x64')
  })

  test('stops a program that is called off', async () => {
    const inside = await jail(kind)
    const caller = new AbortController()
    const args = ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=66x66', '-f', 'null', '-']
    setTimeout(() => caller.abort(), 300)

    const { why } = await run(inside, { args, signal: caller.signal })

    expect(why).toBe('aborted')
    expect(await run(inside, { args, signal: caller.signal })).toMatchObject({ why: 'aborted', exitCode: null })
  })

  test('cuts off a pipe that brings more than allowed', async () => {
    const inside = await jail(kind)
    const args = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x480', '-f', 'rawvideo', 'pipe:3']

    const { why, pipes } = await run(inside, { args, pipes: 1, limits: { ...limits, outputBytes: MIB } })

    expect(why).toBe('output_limit')
    expect(pipes[0]!.length).toBeLessThanOrEqual(MIB)
  })

  test('gives a memory bomb no more memory than allowed', async () => {
    const inside = await jail(kind)
    const args = [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'color=size=16000x16000',
      '-frames:v',
      '1',
      '-f',
      'rawvideo',
      'pipe:3',
    ]
    const roomy = { ...limits, wallMs: 5000, outputBytes: 1024 * MIB }

    const { pipes } = await run(inside, { args, pipes: 1, limits: { ...roomy, memoryBytes: 512 * MIB } })

    expect(pipes[0]!.length).toBe(0)
  })

  test('keeps the last of what a talkative program says', async () => {
    const inside = await jail(kind)
    const args = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=100:duration=2', '-vf', 'showinfo', '-f', 'null', '-']

    const { stderr } = await run(inside, { args })

    expect(stderr.length).toBe(16 * 1024)
    expect(stderr).toContain('muxing overhead')
  })

  test('says so when there is no such program or no such input', async () => {
    const inside = await openJail(
      readConfig({ 'transcode.jail': kind, 'transcode.ffmpeg': '/nowhere/ffmpeg' }, {}),
      openLog('silent'),
    )

    expect(await run(inside, {})).toMatchObject({ why: 'not_started' })
    expect(await run(inside, { program: 'ffprobe', inputPath: join(folder, 'absent') })).toMatchObject({
      why: 'not_started',
    })
  })
})

test('the jail of bubblewrap proves that it holds', async () => {
  const inside = await jail('bubblewrap')

  const { holds, findings } = await inside.prove()

  expect(findings.filter((finding) => !finding.held)).toEqual([])
  expect(findings.map((finding) => finding.test)).toEqual([
    'runs',
    'files',
    'writing',
    'network',
    'memory',
    'time',
    'processes',
  ])
  expect(holds).toBe(true)
})

test('the jail of limits owns up to what it cannot keep in', async () => {
  const inside = await jail('limits')

  const { holds, findings } = await inside.prove()

  expect(holds).toBe(false)
  expect(Object.fromEntries(findings.map((finding) => [finding.test, finding.held]))).toMatchObject({
    runs: true,
    files: false,
    network: false,
    memory: true,
    time: true,
  })
})

test('a program inside sees nothing of the machine but its own system files', async () => {
  const inside = await jail('bubblewrap')
  await writeFile(join(folder, 'neighbour.mp4'), 'somebody else')

  for (const path of [
    '/etc/passwd',
    '/etc/hostname',
    '/var/lib/dpkg/status',
    join(folder, 'neighbour.mp4'),
    process.execPath,
  ]) {
    const { output, stderr } = await run(inside, {
      args: ['-v', 'error', '-f', 'data', '-i', `file:${path}`, '-map', '0', '-c', 'copy', '-f', 'data', '-'],
    })
    expect(output.length, path).toBe(0)
    expect(stderr, path).not.toBe('')
  }
})

test('what is bound for output is all that can be written', async () => {
  const inside = await jail('bubblewrap')
  const out = join(folder, 'only-here')
  await mkdir(out)

  for (const path of ['/usr/x.mkv', '/dev/shm/x.mkv', '/x.mkv', '/in/source', '/proc/x.mkv']) {
    const { exitCode } = await run(inside, {
      args: ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=duration=0.2', path],
      inputPath: clip,
      outputFolder: out,
    })
    expect(exitCode, path).not.toBe(0)
  }
  expect(inside.outputName(out)).toBe(JAIL_OUTPUT)
  expect(await readdir(out)).toEqual([])
})

test('starting a jailed program costs little', async () => {
  const inside = await jail('bubblewrap')
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    const running = inside.start({ program: 'ffprobe', args: ['-version'], pipes: 0, limits })
    await Promise.all([text(running.stdout), running.done])
    const jailedMs = performance.now() - began
    const plainBegan = performance.now()
    execFileSync('ffprobe', ['-version'])
    times.push(jailedMs - (performance.now() - plainBegan))
  }
  // The best of them: a machine may be busy with something else, but not each time.
  const extraMs = Math.min(...times)
  console.log(`one start in the jail costs ${extraMs.toFixed(0)} ms more than outside`)
  expect(extraMs).toBeLessThan(250)
})
