/**
 * Carrying a file off into the store while a program is still writing it: what has been carried is punched out of the file, so that little of it
 * lies on this machine at any time. For programs that write on and on, and at the end come back to the beginning alone, as FFmpeg does with the
 * containers that it copies into.
 */
import { execFile } from 'node:child_process'
import { type FileHandle, mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MIB } from '../../kit/bytes.ts'
import { sleep } from '../../kit/retry.ts'
import { findProgram } from '../process/programs.ts'
import type { Blobs } from './blobs.ts'

/** The beginning stays here, to be carried last: it is written again at the end. */
const HEAD_BYTES = 8 * MIB
/** The writer waits when so much lies here behind it. */
const HELD_BYTES = 32 * MIB
const READ_BYTES = MIB
const LOOK_MS = 10
/** Punching frees whole blocks only. */
const BLOCK_BYTES = 4096

export interface CarriedFile {
  /** Resolves when there is room for more. Rejects when nothing can be carried any more. */
  room(): Promise<void>
  /** The program has ended well: carries the rest, and makes the blob. False, and none is made, when what was carried has been written again. */
  finish(): Promise<boolean>
  /** Forgets what was carried of a file that comes to nothing. To be called in any case, at the end. */
  close(): Promise<void>
}

/**
 * Begins to carry. The file is made here; its writer opens it once. When there is something in it, it loses its name, so that nothing is left of it
 * should this process be killed.
 * @param stagingKey where it gathers: what an earlier one has left there goes
 */
export async function carryOff(
  blobs: Pick<Blobs, 'put' | 'staging'>,
  { path, key, stagingKey, limitBytes }: { path: string; key: string; stagingKey: string; limitBytes: number },
): Promise<CarriedFile> {
  const { staging } = blobs
  await staging.remove(stagingKey)
  const file = await open(path, 'w+')
  let isWritten = false
  let isClosed = false
  let carriedTo = HEAD_BYTES

  async function* grown(): AsyncGenerator<Uint8Array> {
    for (let at = HEAD_BYTES; ; ) {
      if (isClosed) throw new Error(`${path} is not carried any more`)
      // Asked for before the size: what is written before the end is seen.
      const isEnd = isWritten
      const { size } = await file.stat()
      const there = Math.min(size - at, READ_BYTES)
      if (isEnd && there <= 0) return
      if (there < READ_BYTES && !isEnd) {
        await sleep(LOOK_MS)
        continue
      }
      if (at === HEAD_BYTES) await unlink(path)
      yield await readAt(file, at, there)
      at += there
    }
  }

  const carrying = staging.write(stagingKey, HEAD_BYTES, grown(), limitBytes, async (totalBytes) => {
    await punch(`/proc/${process.pid}/fd/${file.fd}`, HEAD_BYTES, HEAD_BYTES + totalBytes)
    carriedTo = HEAD_BYTES + totalBytes
  })
  // Heard by whoever asks for room, or finishes.
  let fault: unknown
  carrying.catch((error) => {
    fault = error
  })

  return {
    async room() {
      for (;;) {
        if (fault) throw fault
        const { size } = await file.stat()
        if (size - Math.min(size, carriedTo) <= HELD_BYTES) return
        await sleep(LOOK_MS)
      }
    },

    async finish() {
      isWritten = true
      await carrying
      const { size } = await file.stat()
      const head = () => file.createReadStream({ start: 0, end: Math.min(size, HEAD_BYTES) - 1, autoClose: false })
      if (size <= HEAD_BYTES) {
        await blobs.put(key, head())
        return true
      }
      if (!(await isEmpty(file, HEAD_BYTES, size))) return false
      await staging.write(stagingKey, 0, head(), HEAD_BYTES, async () => {})
      await staging.commit(stagingKey, key, size)
      return true
    },

    async close() {
      if (isClosed) return
      isClosed = true
      await carrying.catch(() => {})
      await file.close()
      await staging.remove(stagingKey)
    },
  }
}

const run = promisify(execFile)

/** Whether parts of files in a folder can be given back, and there is a program that does it. */
export async function canPunch(folder: string): Promise<boolean> {
  const own = await mkdtemp(join(folder, 'vitascope-punch-'))
  try {
    const file = await open(join(own, 'file'), 'w+')
    try {
      await file.writeFile(Buffer.alloc(8 * BLOCK_BYTES, 1))
      await file.sync()
      const before = await file.stat()
      await punch(join(own, 'file'), 0, 8 * BLOCK_BYTES)
      return (await file.stat()).blocks < before.blocks
    } finally {
      await file.close()
    }
  } catch {
    return false
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Gives back the blocks of these bytes; they read as zeros from now on. Throws where that can't be done. */
async function punch(path: string, from: number, to: number): Promise<void> {
  const program = findProgram('fallocate')
  if (!program) throw new Error('the program fallocate is not installed')
  const end = to - (to % BLOCK_BYTES)
  if (end > from) await run(program, ['-p', '-o', String(from), '-l', String(end - from), path])
}

/** Whether nothing has been written since it was punched out. */
async function isEmpty(file: FileHandle, from: number, to: number): Promise<boolean> {
  const end = to - (to % BLOCK_BYTES)
  const zeros = Buffer.alloc(READ_BYTES)
  for (let at = from; at < end; at += READ_BYTES) {
    const bytes = await readAt(file, at, Math.min(READ_BYTES, end - at))
    if (!bytes.equals(zeros.subarray(0, bytes.length))) return false
  }
  return true
}

async function readAt(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, at + done)
    if (bytesRead === 0) throw new RangeError(`a file ends before ${at + bytes}`)
    done += bytesRead
  }
  return buffer
}
