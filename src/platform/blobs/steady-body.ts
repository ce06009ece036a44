/** A body that comes over a link which may break: what is missing is asked for again, where it broke and when it is wanted. */
import { Readable } from 'node:stream'

/** Without a byte in between. */
const MOST_BREAKS = 4
const HELD_BYTES = 256 * 1024

/**
 * A stream of the `sizeBytes` that `first` brings, however often its link breaks. `goOn` gives a stream of what follows the bytes that
 * are here already. A reader who takes a long break loses the link to the store's patience, and gets another one.
 */
export function steadyBody(
  first: Readable,
  sizeBytes: number,
  goOn: (doneBytes: number) => Promise<Readable>,
): Readable {
  let link: Readable | undefined = first
  let doneBytes = 0
  let breaks = 0
  let isOpening = false

  const body = new Readable({
    highWaterMark: HELD_BYTES,
    read() {
      if (link) link.resume()
      else void reopen()
    },
    destroy(error, done) {
      link?.destroy()
      done(error)
    },
  })

  function follow(stream: Readable): void {
    link = stream
    stream.on('data', (piece: Uint8Array) => {
      breaks = 0
      doneBytes += piece.byteLength
      if (!body.push(piece)) stream.pause()
    })
    stream.once('end', () => {
      if (doneBytes === sizeBytes) body.push(null)
      else lose(stream, new Error(`the store sent ${doneBytes} of ${sizeBytes} bytes`))
    })
    stream.once('close', () => lose(stream, new Error('the store closed the link')))
    stream.on('error', (error) => lose(stream, error))
  }

  function lose(stream: Readable, error: Error): void {
    if (link !== stream || body.destroyed || doneBytes === sizeBytes) return
    link = undefined
    stream.destroy()
    if (++breaks > MOST_BREAKS) body.destroy(error)
    // Nobody asks again for what was asked for already.
    else if (body.readableLength < HELD_BYTES) void reopen()
  }

  async function reopen(): Promise<void> {
    if (isOpening || body.destroyed) return
    isOpening = true
    try {
      const stream = await goOn(doneBytes)
      if (body.destroyed) stream.destroy()
      else follow(stream)
    } catch (error) {
      body.destroy(error as Error)
    } finally {
      isOpening = false
    }
  }

  follow(first)
  first.pause()
  return body
}
