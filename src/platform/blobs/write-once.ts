/**
 * Keys that are written once in a store where the last writer wins by nature. A small blob is put on the condition that nothing is
 * there. A large one comes as an upload in parts, whose end most stores do not make conditional: so its key is *claimed* first, by a
 * tiny object that names the upload, on the same condition. A claim counts as no blob; the upload then takes its place. Whoever meets the
 * claim of a writer that went silent finishes that upload, so a claimed key always becomes the blob of the one who claimed it.
 *
 * A store that does not know conditions is asked before, and writers of this process take turns: two processes that put different
 * bytes under one key within the same moment may then both hear that theirs was stored, and the later one stays.
 */
import { newId } from '../../kit/ids.ts'
import { sleep } from '../../kit/retry.ts'
import type { Condition, ObjectStore, StoredObject, UploadPart } from './s3-store.ts'

export interface WriteOnce {
  /** Stores the bytes under the key; false when it holds a blob already. */
  put(key: string, bytes: Uint8Array): Promise<boolean>
  /** Ends an upload in parts as the blob of its key. False, and the upload is forgotten, when the key holds a blob already. */
  complete(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<boolean>
  /** Finishes what a claim names, if there is one of this upload. */
  rescue(key: string, uploadId: string): Promise<boolean>
}

/** So long that hardly any blob is as long: a list of keys need look closer only at those that are. */
const CLAIM_BYTES = 1021
const CLAIM = 'claim'
const TOKEN = 'token'
/** Looks at the claim of another before his work is done for him. */
const PATIENT_LOOKS = 6
const FIRST_LOOK_MS = 50
/** A key at which writers and removers meet all the time is a fault. */
const MOST_TRIES = 50

/** Whether this is a claim and no blob. */
export const isClaim = (object: StoredObject): boolean => CLAIM in object.marks

/** Whether an object of this size may be a claim. */
export const maybeClaim = (sizeBytes: number): boolean => sizeBytes === CLAIM_BYTES

/** Asks a store whether it honours the condition that nothing is there, by putting something twice. */
export async function honoursConditions(store: ObjectStore): Promise<boolean> {
  const key = `probe/${newId()}`
  const put = () => store.put(key, Buffer.from('may be removed'), 'absent')
  try {
    return (await put()) && !(await put())
  } catch (error) {
    // It says that it does not know the condition.
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 501) return false
    throw error
  } finally {
    await store.remove([key]).catch(() => {})
  }
}

/** Writing on conditions, for a store that honours them. */
export function writeOnConditions(store: ObjectStore): WriteOnce {
  /** What stands under the key once no claim is under way: the blob, a claim that nobody can honour any more, or nothing. */
  async function look(key: string): Promise<StoredObject | undefined> {
    for (let looks = 1; ; looks++) {
      const found = await store.head(key)
      if (!found || !isClaim(found)) return found
      const uploadId = found.marks[CLAIM]!
      // What it names is over: either the blob has just taken its place, or the store has forgotten the upload.
      const isOver = looks === 1 ? !(await store.listParts(key, uploadId)) : looks > PATIENT_LOOKS
      if (!isOver) await sleep(FIRST_LOOK_MS * 2 ** (looks - 1))
      else if (!(await finish(key, uploadId))) {
        const now = await store.head(key)
        if (now?.etag === found.etag) return now
      }
    }
  }

  async function finish(key: string, uploadId: string): Promise<boolean> {
    const parts = await store.listParts(key, uploadId)
    return parts !== undefined && parts.length > 0 && store.complete(key, uploadId, parts)
  }

  /** Puts an object where there is no blob. False when there is one; `isOurs` tells one that we put ourselves and did not hear of. */
  async function place(
    key: string,
    bytes: Uint8Array,
    marks: Record<string, string>,
    isOurs: (found: StoredObject) => boolean,
  ): Promise<boolean> {
    let condition: Condition = 'absent'
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      if (await store.put(key, bytes, condition, marks)) return true
      const now = await store.head(key)
      if (now && isOurs(now)) return true
      const found = now && isClaim(now) ? await look(key) : now
      if (found && !isClaim(found)) return false
      condition = found ? { etag: found.etag } : 'absent'
      await sleep(Math.min(tries * 5, 100))
    }
    throw new Error(`${key} is being put and removed all the time`)
  }

  return {
    async put(key, bytes) {
      const token = newId()
      return place(key, bytes, { [TOKEN]: token }, ({ marks }) => marks[TOKEN] === token)
    },

    async complete(key, uploadId, parts) {
      const claim = Buffer.alloc(CLAIM_BYTES, ' ')
      claim.write(uploadId)
      const isClaimed = await place(key, claim, { [CLAIM]: uploadId }, ({ marks }) => marks[CLAIM] === uploadId)
      if (!isClaimed) await store.abort(key, uploadId)
      // Who lost patience may have finished it for us; then there is no such upload any more.
      else if (!(await store.complete(key, uploadId, parts))) await mustHaveBeenFinished(key, uploadId)
      return isClaimed
    },

    async rescue(key, uploadId) {
      const found = await store.head(key)
      return found?.marks[CLAIM] === uploadId && (await finish(key, uploadId))
    },
  }

  async function mustHaveBeenFinished(key: string, uploadId: string): Promise<void> {
    const found = await store.head(key)
    if (found?.marks[CLAIM] === uploadId) throw new Error(`the upload of ${key} was lost`)
  }
}

/** Writing after looking, for a store that knows no conditions. */
export function writeAfterLooking(store: ObjectStore): WriteOnce {
  const turns = new Map<string, Promise<unknown>>()

  /** Does the work when all others of this key are done. */
  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(key) ?? Promise.resolve()
    const mine = before.then(work)
    const over = mine.catch(() => {})
    turns.set(key, over)
    try {
      return await mine
    } finally {
      if (turns.get(key) === over) turns.delete(key)
    }
  }

  return {
    put: (key, bytes) => inTurn(key, async () => !(await store.head(key)) && store.put(key, bytes)),
    complete: (key, uploadId, parts) =>
      inTurn(key, async () => {
        if (await store.head(key)) {
          await store.abort(key, uploadId)
          return false
        }
        // An answer that was lost and asked for again finds its upload over and the blob there.
        if ((await store.complete(key, uploadId, parts)) || (await store.head(key))) return true
        throw new Error(`the upload of ${key} was lost`)
      }),
    rescue: async () => false,
  }
}
