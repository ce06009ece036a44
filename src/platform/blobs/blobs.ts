/**
 * The port of blobs: bytes under a key. Keys are words of `[A-Za-z0-9._-]` joined by `/`, at most 512 characters, no
 * word of dots only. A blob appears whole or not at all, and once written it is never altered (`put` of an existing key
 * leaves the first one in place and says so; a store that cannot keep two processes apart warns when it is opened). Where there is a blob
 * `a/b`, no other may be named `a/b/c`: a store may refuse it, and need not.
 */
import type { Readable } from 'node:stream'
import type { ByteRange } from '../../kit/range.ts'

export interface BlobFacts {
  sizeBytes: number
  /** A strong validator (RFC 9110 8.8.1), with its quotes. */
  etag: string
  modified: Date
}

/** A file on this machine, and `release` to call when nobody reads it any more. */
export interface LocalPath {
  path: string
  release(): Promise<void>
}

export interface Blobs {
  /** Whether blobs are files of this machine already: then nothing is saved by asking for some ranges of them only. */
  readonly isLocal: boolean
  /** Stores the bytes durably under the key. Returns false, and stores nothing, when the key holds a blob already. */
  put(key: string, bytes: Uint8Array | Readable): Promise<boolean>
  /** Size and validator, or undefined where there is no blob. */
  head(key: string): Promise<BlobFacts | undefined>
  /** A stream of the blob or of a range of it; undefined where there is no blob. The caller must read or destroy it. */
  open(key: string, range?: ByteRange): Promise<{ facts: BlobFacts; body: Readable } | undefined>
  /** The blob in one buffer, at most `limitBytes` (RangeError beyond); undefined where there is no blob. */
  read(key: string, limitBytes: number): Promise<Buffer | undefined>
  /** Removes one blob; removing what is not there is no error. */
  remove(key: string): Promise<void>
  /** Removes every blob whose key begins with `prefix` (which ends in `/`). */
  removeAll(prefix: string): Promise<void>
  /** Keys that begin with `prefix` (which ends in `/`), in no promised order. */
  list(prefix: string): AsyncIterable<string>
  /**
   * A path on this machine under which a program such as FFmpeg can read the bytes of `ranges`, all of them when left out; the file is as
   * long as the blob, and the rest of it may be holes. Undefined where there is no blob. The folder adapter gives the file itself; a
   * remote store fetches what is not here yet.
   */
  localPath(key: string, ranges?: readonly ByteRange[]): Promise<LocalPath | undefined>
  /** Bytes free for new blobs, as far as the store knows; undefined for a store without an end. */
  freeBytes(): Promise<number | undefined>
  /** Blobs that arrive in pieces over hours: see Staging. */
  readonly staging: Staging
  close(): Promise<void>
}

/** Where the bytes of an unfinished upload lie. Written at offsets by one writer per region, turned into a blob by `commit`. */
export interface Staging {
  /**
   * Writes the stream at `offset`, calls `saved(total)` each time another `total` bytes of this call are durable (about every
   * 8 MiB and at the end), and returns the count of bytes written. When the stream breaks, what came before the
   * break has been saved and reported, and the error is rethrown. Never holds more than some 16 MiB. Where bytes are already, the new
   * ones take their place. Throws RangeError, after saving what fits, when the stream brings more than `limitBytes`.
   */
  write(
    key: string,
    offset: number,
    stream: AsyncIterable<Uint8Array>,
    limitBytes: number,
    saved: (totalBytes: number) => Promise<void>,
  ): Promise<number>
  /**
   * A stream of what is staged, from `from` to `to` (included), with zeros where nothing has come yet; it ends with the last byte there is.
   * Throws where nothing is staged.
   */
  open(key: string, range: ByteRange): Promise<Readable>
  /**
   * A path on this machine under which what has been staged of `ranges`, of everything when left out, can be read while more arrives;
   * the rest may be holes. Undefined where nothing is staged, or where the store has no such path.
   */
  localPath(key: string, ranges?: readonly ByteRange[]): Promise<LocalPath | undefined>
  /** Turns the first `sizeBytes` of the staged file into the blob `blobKey`, without copying where the store can. Idempotent. */
  commit(key: string, blobKey: string, sizeBytes: number): Promise<void>
  /** Appends the staged files `parts` (key and size) in order into staged file `key`. */
  join(key: string, parts: { key: string; sizeBytes: number }[]): Promise<void>
  /** Forgets a staged file; no error when it is not there. */
  remove(key: string): Promise<void>
  /** Staged keys older than `olderThan`, for the janitor. */
  listOlder(olderThan: Date): AsyncIterable<string>
}
