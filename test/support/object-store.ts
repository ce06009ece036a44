/**
 * The object store of the tests: Ceph's gateway, started by the first test file that asks and ended with the run. Where its programs are not
 * installed (Debian's ceph-mon, ceph-osd, ceph-common and radosgw), `objectStorePrograms` is false.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { newId } from '../../src/kit/ids.ts'
import { sleep } from '../../src/kit/retry.ts'
import type { StorePlace } from '../../src/platform/blobs/s3-store.ts'

/** Environment name under which the tests of a run find the folder of their store, and the process that it ends with. */
export const TEST_STORE = 'TEST_OBJECT_STORE'

const START_MS = 90_000

const PROGRAMS = ['ceph', 'ceph-authtool', 'monmaptool', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin']

/** Whether the programs of the store are installed. */
export const objectStorePrograms = PROGRAMS.every((name) => {
  try {
    accessSync(join('/usr/bin', name), constants.X_OK)
    return true
  } catch {
    return false
  }
})

export interface TestBucket {
  place: StorePlace
  /** The same as settings. */
  settings: Record<string, unknown>
  /** Keys of all objects, and of uploads that are under way. */
  contents(): Promise<string[]>
  client: S3Client
}

/** For the set-up of a run: a folder for the store, and how to end it, if anybody has started it. */
export async function prepareObjectStore(): Promise<{ close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-ceph-'))
  process.env[TEST_STORE] = `${process.pid} ${folder}`
  return {
    async close() {
      const supervisor = await readFile(join(folder, 'supervisor'), 'utf8').catch(() => undefined)
      if (supervisor) process.kill(Number(supervisor), 'SIGTERM')
      for (const untilMs = performance.now() + 5000; performance.now() < untilMs; await sleep(20)) {
        if (!supervisor || (await stat(folder).catch(() => undefined)) === undefined) break
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A new, empty bucket. */
export async function newBucket(): Promise<TestBucket> {
  const { address, keyId, secret } = await runningStore()
  const client = new S3Client({
    endpoint: address,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: keyId, secretAccessKey: secret },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const bucket = `test-${newId(12).toLowerCase()}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return {
    place: { endpoint: address, region: 'us-east-1', bucket, keyId, secret, pathStyle: true, prefix: '' },
    settings: {
      'blobs.endpoint': address,
      'blobs.bucket': bucket,
      'blobs.key_id': keyId,
      'blobs.secret': secret,
    },
    async contents() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return [...Contents.map(({ Key }) => Key!), ...Uploads.map(({ Key }) => `upload of ${Key}`)]
    },
    client,
  }
}

/** The store of this run; the first who asks starts it. */
async function runningStore(): Promise<{ address: string; keyId: string; secret: string }> {
  // Without a set-up, as in a program that is run by hand, it ends with this process.
  if (!process.env[TEST_STORE]) await prepareObjectStore()
  const [parent = '', folder = ''] = process.env[TEST_STORE]!.split(' ')
  const isFirst = await mkdir(join(folder, 'asked')).then(
    () => true,
    () => false,
  )
  if (isFirst) {
    const program = join(import.meta.dirname, 'ceph.ts')
    // It outlives this process on purpose, and watches the one that runs all test files.
    spawn(process.execPath, [program, folder, parent], { detached: true, stdio: 'ignore' }).unref()
  }
  for (const untilMs = performance.now() + START_MS; performance.now() < untilMs; await sleep(50)) {
    const ready = await readFile(join(folder, 'store.json'), 'utf8').catch(() => undefined)
    if (ready) return JSON.parse(ready)
    const failed = await readFile(join(folder, 'failed'), 'utf8').catch(() => undefined)
    if (failed) throw new Error(`The object store does not start: ${failed}`)
  }
  throw new Error('The object store does not start in time')
}
