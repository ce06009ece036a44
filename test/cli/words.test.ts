/** Words on the command line: right ones, wrong ones, and settings among them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHome } from './program.ts'

test('help lists the commands, and each command tells its words', async () => {
  await using home = await openHome()

  const help = await home.run(['help'])
  const upload = await home.run(['upload', '--help'])

  expect(help.exitCode).toBe(0)
  for (const command of ['serve', 'upload', 'account', 'migrate', 'doctor']) expect(help.out).toContain(`  ${command} `)
  expect(upload).toMatchObject({ exitCode: 0 })
  expect(upload.out).toContain('--wait')
  expect((await home.run(['--version'])).out).toMatch(/^vitascope \d+\.\d+\.\d+ \(Node \d+/)
})

test('unknown words end with the usage and exit code 2', async () => {
  await using home = await openHome()

  const command = await home.run(['fly'])
  const option = await home.run(['upload', 'x.mp4', '--fly'])
  const missing = await home.run(['upload', 'x.mp4'])

  expect(command).toMatchObject({ exitCode: 2 })
  expect(command.err).toContain('There is no command fly')
  expect(option).toMatchObject({ exitCode: 2 })
  expect(option.err).toContain("'--fly'")
  expect(missing).toMatchObject({ exitCode: 2 })
  expect(missing.err).toContain('--server and --token are needed')
})

test('wrong settings stop the start with the list of everything wrong', async () => {
  await using home = await openHome()

  const { exitCode, err, out } = await home.run([
    'serve',
    '--port',
    'eighty',
    '--transcode.preset',
    'hasty',
    '--set',
    'http.colour=red',
  ])

  expect(exitCode).toBe(2)
  expect(out).toBe('')
  expect(err).toContain('http.port')
  expect(err).toContain('transcode.preset')
  expect(err).toContain('http.colour: there is no such setting')
})

test('suggestions are judged by a file of watches, which says at which day it is split and that a few viewers are too few', async () => {
  await using home = await openHome()
  const lines = Array.from({ length: 40 }, (_, n) => `viewer${n % 8} video${(n * 3) % 11} 2024-01-${10 + (n >> 1)}`)
  await writeFile(join(home.folder, 'watches'), lines.join('\n'))

  const { exitCode, out, err } = await home.run(['recommend', 'evaluate', 'watches'])

  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out).toMatch(/^40 watches of 11 videos by 8 viewers; split at 2024-01-28T00:00:00.000Z, \d viewers judged/)
  expect(out).toMatch(/\npopularity +\d\.\d{4}/)
  expect(out).toContain('Of so few viewers')

  const ofOne = Array.from({ length: 10 }, (_, n) => `viewer video${n} 2024-01-${10 + n}`)
  await writeFile(join(home.folder, 'watches-of-one'), ofOne.join('\n'))
  const alone = await home.run(['recommend', 'evaluate', 'watches-of-one'])
  expect(alone.out).toMatch(/^10 watches of 10 videos by 1 viewer; split at 2024-01-19T00:00:00.000Z, 1 viewer judged/)
})

test('a file of watches without times is split viewer by viewer; one that is not there, or holds none, is said in a sentence', async () => {
  await using home = await openHome()
  const lines = Array.from({ length: 8 }, (_, viewer) =>
    Array.from({ length: 10 }, (_, n) => `viewer${viewer} video${(viewer + n * 3) % 17}`),
  ).flat()
  await writeFile(join(home.folder, 'watches'), lines.join('\n'))
  await writeFile(join(home.folder, 'empty'), '')

  const { exitCode, out } = await home.run(['recommend', 'evaluate', 'watches'])
  const missing = await home.run(['recommend', 'evaluate', 'nowhere'])
  const empty = await home.run(['recommend', 'evaluate', 'empty'])

  expect(exitCode).toBe(0)
  expect(out).toMatch(/^80 watches of 17 videos by 8 viewers; the last tenth of each viewer, 8 viewers judged/)
  expect(missing).toMatchObject({ exitCode: 1, err: 'There is no file nowhere.\n' })
  expect(empty).toMatchObject({ exitCode: 1, err: '' })
  expect(empty.out).toContain('Nobody can be judged')
})

test('what does not exist here is told without a word of addresses', async () => {
  await using home = await openHome()

  const { exitCode, err } = await home.run(['recommend', 'serve', 'nosuch'])

  expect({ exitCode, err }).toEqual({ exitCode: 1, err: 'There is no model nosuch.\n' })
})

test('the doctor looks at everything and leaves nothing behind', async () => {
  await using home = await openHome()

  const { exitCode, out } = await home.run(['doctor', '--json', '--port', '0'])

  const { ok, findings } = JSON.parse(out)
  expect(findings.filter((it: { state: string }) => it.state === 'wrong')).toEqual([])
  expect(findings.map((it: { what: string }) => it.what)).toEqual([
    'node',
    'ffmpeg',
    'ffprobe',
    'encoders',
    'jail',
    'data',
    'space',
    'database',
    'web',
    'port',
  ])
  expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 })
  // What further codecs and small pictures are made with is named too, where this FFmpeg has it.
  expect(findings.find((it: { what: string }) => it.what === 'encoders').says).toMatch(/libvpx-vp9.*libwebp/)
  expect(
    (await home.run(['doctor', '--data', '/proc/nowhere', '--transcode.ffmpeg', '/nowhere/ffmpeg'])).exitCode,
  ).toBe(1)
}, 120_000)
