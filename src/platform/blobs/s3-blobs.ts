/**
 * Blobs in an object store of the S3 kind, an object each. Nothing lies on this machine but a cache of what programs are reading.
 * Objects that are no blobs: claims (see write-once.ts), staged pieces (s3-staging.ts), probes.
 */
import { Readable } from 'node:stream'
import { readAll } from '../../kit/bytes.ts'
import type { Log } from '../log.ts'
import { checkBlobKey, checkPrefix } from './blob-key.ts'
import type { BlobFacts, Blobs } from './blobs.ts'
import { putStream } from './put-stream.ts'
import { rangeCache } from './range-cache.ts'
import { s3Staging } from './s3-staging.ts'
import {
  type ObjectStore,
  openStore,
  STORE_LIMITS,
  type StoredObject,
  type StoreLimits,
  type StorePlace,
} from './s3-store.ts'
import {
  honoursConditions,
  isClaim,
  maybeClaim,
  type WriteOnce,
  writeAfterLooking,
  writeOnConditions,
} from './write-once.ts'

export interface S3Options {
  place: StorePlace
  /** Where parts of blobs are kept for programs, and how many bytes of them. */
  cache: { folder: string; limitBytes: number }
  log: Log
  /** Whether to rely on conditions; found out when left out. */
  conditions?: boolean
  /** Others than usual. */
  limits?: Partial<S3Limits>
}

export interface S3Limits extends StoreLimits {
  /** Uploads in parts are put together in one go; one that is so old has lost its process. */
  forgottenAfterMs: number
}

const BLOBS = 'blobs/'
const LIMITS: S3Limits = { ...STORE_LIMITS, forgottenAfterMs: 24 * 3600_000 }

/** Opens the store. Throws a sentence when the bucket cannot be used. */
export async function s3Blobs({ place, cache, log, conditions, limits: given }: S3Options): Promise<Blobs> {
  const limits = { ...LIMITS, ...given }
  const store = openStore(place, limits)
  const honours = await lookAt(store, conditions).catch((error) => {
    store.close()
    throw error
  })
  if (!honours)
    log.warn(
      { bucket: place.bucket },
      'the object store does not honour If-None-Match: processes that write one key at once are not kept apart',
    )
  const once = honours ? writeOnConditions(store) : writeAfterLooking(store)
  await endForgotten(store, once, limits.forgottenAfterMs).catch((error) =>
    log.warn({ error: String(error) }, 'forgotten uploads were not ended'),
  )

  /** The blob under this object's key; a claim is none yet. */
  async function headOf(key: string): Promise<StoredObject | undefined> {
    const found = await store.head(at(key))
    return found && !isClaim(found) ? found : undefined
  }

  async function openBlob(key: string, range?: { from: number; to: number }) {
    const found = await store.get(at(key), range)
    if (found === undefined) return undefined
    if (found === 'beyond its end') {
      const object = await headOf(key)
      return object && { facts: toFacts(object), body: Readable.from([]) }
    }
    if (isClaim(found.object)) {
      found.body.destroy()
      return undefined
    }
    return { facts: toFacts(found.object), body: found.body }
  }

  // The name in the cache holds the validator: another blob under the same key is another file.
  const locals = await rangeCache({
    ...cache,
    async fetch(name, range) {
      const space = name.indexOf(' ')
      if (space < 0) return staging.open(name, range)
      const key = name.slice(0, space)
      const found = await store.get(at(key), range, name.slice(space + 1))
      if (found === undefined || found === 'beyond its end') throw new Error(`the blob ${key} is gone`)
      return found.body
    },
  })

  const staging = s3Staging({ store, once, locals, at, headOf })

  return {
    isLocal: false,

    async put(key, bytes) {
      const name = at(key)
      if (!(bytes instanceof Readable)) return once.put(name, bytes)
      return putStream(store, once, name, bytes, async () => (await headOf(key)) !== undefined)
    },

    async head(key) {
      const found = await headOf(key)
      return found && toFacts(found)
    },

    open: openBlob,

    async read(key, limitBytes) {
      const found = await openBlob(key)
      if (!found) return undefined
      if (found.facts.sizeBytes > limitBytes) {
        found.body.destroy()
        throw new RangeError(`${key} holds more than ${limitBytes} bytes`)
      }
      return readAll(found.body, limitBytes)
    },

    async remove(key) {
      await store.remove([at(key)])
    },

    async removeAll(prefix) {
      checkPrefix(prefix)
      let batch: string[] = []
      for await (const { key } of store.list(BLOBS + prefix)) {
        batch.push(key)
        if (batch.length < limits.keys) continue
        await store.remove(batch)
        batch = []
      }
      await store.remove(batch)
    },

    async *list(prefix) {
      checkPrefix(prefix)
      for await (const { key, sizeBytes } of store.list(BLOBS + prefix)) {
        const blobKey = key.slice(BLOBS.length)
        if (!maybeClaim(sizeBytes) || (await headOf(blobKey))) yield blobKey
      }
    },

    async localPath(key, ranges) {
      const found = await headOf(key)
      return found && locals.path(`${key} ${found.etag}`, found.sizeBytes, ranges)
    },

    async freeBytes() {
      return undefined
    },

    staging,

    async close() {
      await locals.close()
      store.close()
    },
  }
}

/** The name of a blob's object. Throws RangeError for a key that is none. */
function at(key: string): string {
  return BLOBS + checkBlobKey(key)
}

const toFacts = ({ sizeBytes, etag, modified }: StoredObject): BlobFacts => ({ sizeBytes, etag, modified })

/** Whether the store honours conditions. Throws a sentence when its bucket cannot be used. */
async function lookAt(store: ObjectStore, conditions: boolean | undefined): Promise<boolean> {
  await store.mustBeThere()
  return conditions ?? honoursConditions(store)
}

/** Ends the uploads in parts of processes that were killed: as blobs where their key has been claimed for them, else for nothing. */
async function endForgotten(store: ObjectStore, once: WriteOnce, afterMs: number): Promise<void> {
  for await (const { key, uploadId, begun } of store.listUploads()) {
    if (begun.getTime() > Date.now() - afterMs) continue
    if (!(await once.rescue(key, uploadId))) await store.abort(key, uploadId)
  }
}
