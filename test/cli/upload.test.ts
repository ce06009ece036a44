/** Uploading from the command line: by address and token, through interruptions. */
import { execFileSync } from 'node:child_process'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { sendFile } from '../../src/cli/send-file.ts'
import { findLateIndex } from '../../src/cli/send-parts.ts'
import { send } from '../../src/cli/upload.ts'
import { connect } from '../../src/contract/client.ts'
import { type Home, openHome, openHomeOnServer } from './program.ts'

async function tokenFor(home: Home): Promise<string> {
  await home.run(['account', 'create', '--email', 'ana@example.org', '--name', 'Ana', '--generate'])
  const { out, err } = await home.run(['account', 'token', '--email', 'ana@example.org'])
  expect(err).toBe('')
  return out.trim()
}

test('a file is sent, waited for, and told of as JSON', async () => {
  await using home = await openHomeOnServer()
  const server = await home.serve()
  const token = await tokenFor(home)
  const clip = join(home.folder, 'My holidays.mp4')
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x180:rate=25:duration=3',
    '-c:v',
    'libx264',
    clip,
  ])

  const { exitCode, out, err } = await home.run([
    'upload',
    clip,
    '--server',
    server.address,
    '--token',
    token,
    '--tags',
    'sea, sun',
    '--wait',
    'optimised',
    '--json',
  ])

  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  const report = JSON.parse(out)
  expect(report).toMatchObject({ state: 'ready', addresses: { watch: `${server.address}/watch/${report.id}` } })
  expect(report.timings.optimisedMs).toBeGreaterThanOrEqual(report.timings.readyMs)
  expect((await fetch(report.addresses.playlist)).status).toBe(200)
  const video = await connect({ server: server.address, token })('getVideo', { params: { videoId: report.id } })
  expect(video).toMatchObject({ title: 'My holidays', tags: ['sea', 'sun'], progress: { optimised: true } })
  await server.stop()
}, 180_000)

test('a file that is no video is failed with a reason, and a server that says no is quoted', async () => {
  await using home = await openHomeOnServer()
  const server = await home.serve()
  const token = await tokenFor(home)
  const note = join(home.folder, 'note.mp4')
  await writeFile(note, 'this is no video, whatever its name says\n'.repeat(100))

  const nothing = join(home.folder, 'nothing.mp4')
  await writeFile(nothing, '')

  const empty = await home.run(['upload', nothing, '--server', server.address, '--token', token])
  const failed = await home.run(['upload', note, '--server', server.address, '--token', token])
  const refused = await home.run(['upload', note, '--server', server.address, '--token', 'vst_wrong'])

  expect(empty).toMatchObject({ exitCode: 1, err: expect.stringContaining('The file is empty.') })
  expect(failed.exitCode).toBe(1)
  expect(failed.err).toMatch(/not a video|cannot be read|could not/)
  expect(refused).toMatchObject({ exitCode: 1, out: '' })
  expect(refused.err).toMatch(/token|Sign in/)
  // What is refused on this machine itself is said in the same sentences.
  expect((await home.run(['media', 'tuning', 'nothing12345'])).err).toBe(
    'This video does not exist, or you may not see it.\n',
  )
  // The empty one never became a video.
  const { items } = await connect({ server: server.address, token })('listMyVideos', { query: {} })
  expect(items.map(({ title }) => title)).toEqual(['note'])
  await server.stop()
}, 180_000)

test('an upload goes on where it broke off, even after the server was killed', async () => {
  await using home = await openHome()
  const first = await home.serve(['--roles', 'api,origin'])
  const token = await tokenFor(home)
  const big = join(home.folder, 'big.bin')
  execFileSync('truncate', ['--size', '200M', big])
  const { size } = await stat(big)
  const { id } = await connect({ server: first.address, token })('createVideo', { body: { title: 'Big' } })
  const port = new URL(first.address).port
  const offsets: number[] = []
  let killed = false

  const sent = sendFile({
    server: first.address,
    token,
    path: big,
    sizeBytes: size,
    metadata: { video: id, filename: 'big.bin' },
    async onBegun() {},
    onProgress(bytes) {
      offsets.push(bytes)
      if (killed || bytes < size / 2) return
      killed = true
      void first.stop('SIGKILL').then(() => home.serve(['--roles', 'api,origin', '--port', port]))
    },
  })
  await sent

  const goneOnFrom = offsets.find((bytes, index) => index > 0 && bytes < offsets[index - 1]!) ?? offsets.at(-1)!
  expect(killed).toBe(true)
  expect(goneOnFrom).toBeGreaterThan(size / 8)
  const video = await connect({ server: `http://127.0.0.1:${port}`, token })('getVideo', { params: { videoId: id } })
  expect(video.state).toBe('processing')
}, 180_000)

test('an index that lies at the end of a file is sent first, and the file is whole in the end', async () => {
  await using home = await openHomeOnServer()
  const server = await home.serve(['--roles', 'api,origin'])
  const token = await tokenFor(home)
  const clip = join(home.folder, 'late.mp4')
  vi.stubEnv('HOME', home.folder)
  const noise = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=6,noise=alls=40:allf=t']
  execFileSync('ffmpeg', ['-v', 'error', ...noise, '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '20M', clip])
  const { size } = await stat(clip)
  const indexAt = await findLateIndex(clip, size)
  expect(indexAt).toBeGreaterThan(size * 0.9)
  const call = connect({ server: server.address, token })
  const stop = new AbortController()
  const sent: number[] = []
  const words = {
    call,
    server: server.address,
    token,
    path: clip,
    sizeBytes: size,
    modifiedMs: 1,
    draft: { title: 'Late' },
  }

  // Given up as soon as more than the index has gone, and taken up again.
  await expect(
    send({
      ...words,
      signal: stop.signal,
      onProgress(bytes) {
        sent.push(bytes)
        if (bytes > size - indexAt! + 2 ** 20) stop.abort(new Error('enough'))
      },
    }),
  ).rejects.toThrow()
  const videoId = await send({ ...words, onProgress: (bytes) => sent.push(bytes) })

  expect(sent[0]).toBeLessThanOrEqual(size - indexAt!)
  expect(sent.at(-1)).toBe(size)
  const video = await call('getVideo', { params: { videoId } })
  expect(video.state).toBe('processing')
  expect((await call('listMyVideos', {})).items).toHaveLength(1)
  vi.unstubAllEnvs()
  await server.stop()
}, 180_000)
