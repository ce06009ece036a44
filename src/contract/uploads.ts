/**
 * Uploads. The bytes travel by tus 1.0 under `/api/uploads` (creation, creation-with-upload, termination, expiration,
 * checksum, concatenation); this file holds what is said about uploads in JSON.
 */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Id, Time } from './shapes.ts'

export const UploadLimits = z.object({
  maxSizeBytes: z.number(),
  quotaBytes: z.number(),
  usedBytes: z.number(),
  /** Parts a client should send side by side, and the size from which that pays. */
  parallel: z.number(),
  parallelFromBytes: z.number(),
})
export type UploadLimits = z.infer<typeof UploadLimits>

export const Upload = z.object({
  id: Id,
  videoId: Id,
  fileName: z.string(),
  lengthBytes: z.number(),
  offsetBytes: z.number(),
  expires: Time,
})
export type Upload = z.infer<typeof Upload>

export const uploadLimits = endpoint({
  says: 'What the account that is asking may upload.',
  method: 'GET',
  path: '/me/upload-limits',
  who: 'member',
  reply: UploadLimits,
  refuses: [],
})

export const listUploads = endpoint({
  says: 'The unfinished uploads of the account that is asking.',
  method: 'GET',
  path: '/me/uploads',
  who: 'member',
  reply: z.object({ items: z.array(Upload) }),
  refuses: [],
})
