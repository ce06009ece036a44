/**
 * What is spoken with an object store of the S3 kind: objects below one prefix of one bucket, by their keys after it. The only
 * file that knows the client library. Requests that fail on the way are tried again; answers are answers.
 */
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { ByteRange } from '../../kit/range.ts'
import { steadyBody } from './steady-body.ts'

/** Where the objects are, and who we are there. */
export interface StorePlace {
  /** Address of the store; empty for Amazon's own. */
  endpoint: string
  region: string
  bucket: string
  /** Empty: as the library finds them, from its own environment names or the role of the machine. */
  keyId: string
  secret: string
  /** The bucket is named in paths, not in the name of the host. */
  pathStyle: boolean
  /** What all keys of ours begin with; empty, or ends in `/`. */
  prefix: string
}

export interface StoredObject {
  sizeBytes: number
  etag: string
  modified: Date
  /** Words that were stored with it. */
  marks: Readonly<Record<string, string>>
}

export interface ListedObject {
  key: string
  sizeBytes: number
  modified: Date
}

export interface UploadPart {
  number: number
  etag: string
}

/** What must be true of a key for a put to happen: that nothing is there, or that this very object is. */
export type Condition = 'absent' | { etag: string }

export interface StoreLimits {
  /** Keys in one question or answer. */
  keys: number
  /** Of a link that carries nothing: then it is tried again, or taken up where it was when somebody reads on. */
  idleMs: number
}

/** A thousand keys by the protocol. */
export const STORE_LIMITS: StoreLimits = { keys: 1000, idleMs: 30_000 }
const CONNECT_MS = 5000
/** Of everything up to the head of the answer: putting an upload together may take a while. */
const ANSWER_MS = 180_000
const ATTEMPTS = 4
/** A slow viewer holds a socket as long as the piece lasts, so there are many more than requests at a time. */
const SOCKETS = 2048

export type ObjectStore = ReturnType<typeof openStore>

/** Nothing is asked before the first call. */
export function openStore(place: StorePlace, limits = STORE_LIMITS) {
  const { bucket: Bucket, prefix } = place
  const agent = { keepAlive: true, maxSockets: SOCKETS }
  const client = new S3Client({
    region: place.region,
    ...(place.endpoint === '' ? {} : { endpoint: place.endpoint }),
    ...(place.keyId === '' ? {} : { credentials: { accessKeyId: place.keyId, secretAccessKey: place.secret } }),
    forcePathStyle: place.pathStyle,
    maxAttempts: ATTEMPTS,
    // Stores other than Amazon's know the younger checksums only in parts. Bodies are covered by the signature or by TLS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Asking first costs every larger body a new connection.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: limits.idleMs,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
  // Errors of the library say what, not where; other stores' not even what, besides their code.
  client.middlewareStack.add(
    (next, context) => async (asked) => {
      try {
        return await next(asked)
      } catch (error) {
        const { Key = '' } = asked.input as { Key?: string }
        if (error instanceof S3ServiceException)
          error.message = `${context.commandName} ${Key} was answered ${error.name} (${statusOf(error)})`
        throw error
      }
    },
    { step: 'initialize', name: 'sayWhere' },
  )
  const at = (key: string) => ({ Bucket, Key: prefix + key })

  async function get(key: string, range?: ByteRange, etag?: string) {
    const asked = {
      ...at(key),
      ...(range ? { Range: `bytes=${range.from}-${range.to}` } : {}),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    }
    return client.send(new GetObjectCommand(asked)).catch(unlessMissing)
  }

  async function putIf(asked: PutObjectCommandInput, condition: { IfNoneMatch?: string; IfMatch?: string }) {
    const isConditional = Object.keys(condition).length > 0
    return client.send(new PutObjectCommand({ ...asked, ...condition })).then(
      () => true,
      (error: unknown) => {
        // 409: somebody else was putting it; 404: what had to be there is gone.
        if (isConditional && [404, 409, 412].includes(statusOf(error)) && !isBucketMissing(error)) return false
        throw error
      },
    )
  }

  return {
    /** Throws a sentence when the bucket cannot be used. */
    async mustBeThere(): Promise<void> {
      const where = place.endpoint === '' ? 'Amazon S3' : new URL(place.endpoint).host
      await client.send(new HeadBucketCommand({ Bucket })).catch((error: unknown) => {
        throw new Error(`The bucket ${Bucket} at ${where} cannot be used: ${reasonOf(error)}`, { cause: error })
      })
    },

    async head(key: string): Promise<StoredObject | undefined> {
      const found = await client.send(new HeadObjectCommand(at(key))).catch(unlessMissing)
      return found && toObject(found, found.ContentLength)
    },

    /**
     * The object and a stream of it, or of what of the range lies in it; undefined where there is none. A link that breaks is taken
     * up again where it broke. With `etag` it must be that very object.
     */
    async get(
      key: string,
      range?: ByteRange,
      etag?: string,
    ): Promise<{ object: StoredObject; body: Readable } | 'beyond its end' | undefined> {
      const found = await get(key, range, etag).catch((error: unknown) => {
        if (statusOf(error) === 416) return 'beyond its end' as const
        throw error
      })
      if (found === undefined || typeof found === 'string') return found
      const object = toObject(found, totalOf(found.ContentRange) ?? found.ContentLength)
      const from = range?.from ?? 0
      const body = steadyBody(found.Body as Readable, found.ContentLength ?? 0, async (doneBytes) => {
        const rest = { from: from + doneBytes, to: from + (found.ContentLength ?? 0) - 1 }
        const again = await get(key, rest, object.etag)
        if (!again) throw new Error(`the object ${key} is gone`)
        return again.Body as Readable
      })
      return { object, body }
    },

    /** Whether it was stored; it is not when the condition did not hold. */
    async put(
      key: string,
      bytes: Uint8Array,
      condition?: Condition,
      marks: Record<string, string> = {},
    ): Promise<boolean> {
      const asked = { ...at(key), Body: bytes, Metadata: marks }
      if (condition === undefined) return putIf(asked, {})
      if (condition === 'absent') return putIf(asked, { IfNoneMatch: '*' })
      // Ceph compares what it is told with a validator that has no quotes.
      const { etag } = condition
      return (await putIf(asked, { IfMatch: etag })) || putIf(asked, { IfMatch: etag.replaceAll('"', '') })
    },

    async remove(keys: readonly string[]): Promise<void> {
      if (keys.length === 1) await client.send(new DeleteObjectCommand(at(keys[0]!))).catch(unlessMissing)
      if (keys.length <= 1) return
      for (let from = 0; from < keys.length; from += limits.keys) {
        const Objects = keys.slice(from, from + limits.keys).map((key) => ({ Key: prefix + key }))
        const { Errors = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
        )
        const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
        if (failed) throw new Error(`${failed.Key} was not removed: ${failed.Code} ${failed.Message ?? ''}`)
      }
    },

    /** Objects whose keys begin with `start`, in the order of their names, those after `after`. */
    async *list(start: string, after?: string): AsyncGenerator<ListedObject> {
      let token: string | undefined
      do {
        const asked = {
          Bucket,
          Prefix: prefix + start,
          MaxKeys: limits.keys,
          ...(token === undefined ? {} : { ContinuationToken: token }),
          ...(token !== undefined || after === undefined ? {} : { StartAfter: prefix + after }),
        }
        const page = await client.send(new ListObjectsV2Command(asked))
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
          yield { key: Key.slice(prefix.length), sizeBytes: Size, modified: LastModified ?? new Date(0) }
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },

    async beginUpload(key: string): Promise<string> {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(at(key)))
      if (!UploadId) throw new Error(`no upload of ${key} was begun`)
      return UploadId
    },

    async sendPart(key: string, uploadId: string, number: number, bytes: Uint8Array): Promise<UploadPart> {
      const asked = { ...at(key), UploadId: uploadId, PartNumber: number, Body: bytes }
      return { number, etag: (await client.send(new UploadPartCommand(asked))).ETag ?? '' }
    },

    /** Makes a part of a range of another object, without its bytes coming here. */
    async copyPart(
      key: string,
      uploadId: string,
      number: number,
      source: { key: string; range: ByteRange },
    ): Promise<UploadPart> {
      const asked = {
        ...at(key),
        UploadId: uploadId,
        PartNumber: number,
        // Keys of ours hold nothing that would have to be escaped.
        CopySource: `${Bucket}/${prefix}${source.key}`,
        CopySourceRange: `bytes=${source.range.from}-${source.range.to}`,
      }
      return { number, etag: (await client.send(new UploadPartCopyCommand(asked))).CopyPartResult?.ETag ?? '' }
    },

    /** Makes one object of the parts. False when there is no such upload (any more). */
    async complete(key: string, uploadId: string, parts: readonly UploadPart[]): Promise<boolean> {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
      const asked = { ...at(key), UploadId: uploadId, MultipartUpload: { Parts } }
      const done = await client.send(new CompleteMultipartUploadCommand(asked)).catch(unlessMissing)
      return done !== undefined
    },

    /** Forgets an upload; no error when it is over. */
    async abort(key: string, uploadId: string): Promise<void> {
      await client.send(new AbortMultipartUploadCommand({ ...at(key), UploadId: uploadId })).catch(unlessMissing)
    },

    /** The parts of an upload; undefined when there is no such upload (any more). */
    async listParts(key: string, uploadId: string): Promise<UploadPart[] | undefined> {
      const parts: UploadPart[] = []
      let marker: string | undefined
      do {
        const asked = { ...at(key), UploadId: uploadId, ...(marker === undefined ? {} : { PartNumberMarker: marker }) }
        const page = await client.send(new ListPartsCommand(asked)).catch(unlessMissing)
        if (!page) return undefined
        for (const { PartNumber = 0, ETag = '' } of page.Parts ?? []) parts.push({ number: PartNumber, etag: ETag })
        marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
      } while (marker !== undefined)
      return parts
    },

    /** Uploads that are under way, or were forgotten. */
    async *listUploads(): AsyncGenerator<{ key: string; uploadId: string; begun: Date }> {
      let markers = {}
      for (let more = true; more; ) {
        const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...markers }))
        for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? [])
          yield { key: Key.slice(prefix.length), uploadId: UploadId, begun: Initiated ?? new Date() }
        markers = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        more = page.IsTruncated === true
      }
    },

    close(): void {
      client.destroy()
    },
  }
}

function toObject(
  found: { ETag?: string; LastModified?: Date; Metadata?: Record<string, string> },
  sizeBytes: number | undefined,
): StoredObject {
  const { ETag = '', LastModified = new Date(0), Metadata = {} } = found
  return {
    sizeBytes: sizeBytes ?? 0,
    etag: ETag.startsWith('"') ? ETag : `"${ETag}"`,
    modified: LastModified,
    marks: Metadata,
  }
}

/** `bytes 0-9/100` -> 100. */
function totalOf(contentRange: string | undefined): number | undefined {
  const total = contentRange?.split('/')[1]
  return total === undefined || !/^\d+$/.test(total) ? undefined : Number(total)
}

const statusOf = (error: unknown): number =>
  error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0

const isBucketMissing = (error: unknown): boolean => error instanceof Error && error.name === 'NoSuchBucket'

/** No such object or upload is an answer; no such bucket is not. */
function unlessMissing(error: unknown): undefined {
  if (statusOf(error) !== 404 || isBucketMissing(error)) throw error
}

/** What a person can do something about. */
function reasonOf(error: unknown): string {
  const status = statusOf(error)
  if (status === 404) return 'there is no such bucket'
  if (status === 403) return 'the key or its secret is wrong, or it may not use this bucket'
  if (status === 301) return 'it lies in another region'
  if (error instanceof Error && /credential/i.test(`${error.name} ${error.message}`))
    return 'no keys were given (blobs.key_id and blobs.secret), and none were found elsewhere'
  return error instanceof Error ? error.message || error.name : String(error)
}
