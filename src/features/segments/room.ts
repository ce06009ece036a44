/** Room for encodes: what runs at a time in this process stays within a share of the machine's memory, however large its pictures. */
import { totalmem } from 'node:os'

/** The rest is for the database, the page cache and whoever else lives here. */
const SHARE = 0.6

export interface Room {
  /** Waits, first come first served, until there is room for so many bytes; what is larger than all of it goes alone. Returns how to give it back. */
  take(bytes: number, signal: AbortSignal): Promise<() => void>
  /** How many that hold so many bytes have room at a time, at least one. */
  places(bytes: number): number
}

/** Room of a size. */
export function openRoom(sizeBytes: number): Room {
  let takenBytes = 0
  const waiting: { bytes: number; enter(): void }[] = []

  const fits = (bytes: number) => takenBytes === 0 || takenBytes + bytes <= sizeBytes
  function letIn(): void {
    while (waiting[0] && fits(waiting[0].bytes)) {
      const next = waiting.shift()!
      takenBytes += next.bytes
      next.enter()
    }
  }
  function giveBack(bytes: number): () => void {
    let given = false
    return () => {
      if (given) return
      given = true
      takenBytes -= bytes
      letIn()
    }
  }

  return {
    places: (bytes) => Math.max(1, Math.floor(sizeBytes / bytes)),
    async take(bytes, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const leave = () => {
        const place = waiting.indexOf(me)
        if (place < 0) return
        waiting.splice(place, 1)
        reject(signal.reason)
        letIn()
      }
      const me = {
        bytes,
        enter() {
          signal.removeEventListener('abort', leave)
          resolve(giveBack(bytes))
        },
      }
      signal.throwIfAborted()
      signal.addEventListener('abort', leave, { once: true })
      waiting.push(me)
      letIn()
      return promise
    },
  }
}

/** The room of this process on this machine, where `processes` like it work side by side. */
export function roomOfMachine(processes: number): Room {
  const total = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return openRoom((total * SHARE) / Math.max(1, processes))
}
