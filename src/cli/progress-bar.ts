/** A line at the terminal that grows; nothing at all where nobody looks. */
import { sayBytes } from '../kit/bytes.ts'

const REDRAW_MS = 100
const WIDTH = 30

export interface ProgressBar {
  /** Bytes sent of the whole. */
  sent(bytes: number): void
  /** Another thing is being waited for. */
  say(what: string): void
  end(): void
}

export function progressBar(totalBytes: number, out: NodeJS.WriteStream = process.stderr): ProgressBar {
  if (!out.isTTY) return { sent() {}, say() {}, end() {} }
  let drawnMs = 0
  let first: { timeMs: number; bytes: number } | undefined
  const draw = (line: string) => out.write(`\r\u001b[2K${line}`)
  return {
    sent(bytes) {
      const nowMs = performance.now()
      first ??= { timeMs: nowMs, bytes }
      if (nowMs - drawnMs < REDRAW_MS && bytes < totalBytes) return
      drawnMs = nowMs
      const part = totalBytes === 0 ? 1 : bytes / totalBytes
      const bytesPerSecond = nowMs > first.timeMs ? ((bytes - first.bytes) * 1000) / (nowMs - first.timeMs) : 0
      const left = bytesPerSecond > 0 ? `, ${sayTime((totalBytes - bytes) / bytesPerSecond)} left` : ''
      const bar = '#'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '.')
      draw(`[${bar}] ${Math.floor(part * 100)} % of ${sayBytes(totalBytes)}, ${sayBytes(bytesPerSecond)}/s${left}`)
    },
    say: draw,
    end() {
      draw('')
    },
  }
}

function sayTime(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}
