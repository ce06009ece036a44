/**
 * Tells from a thread of its own when something is due, which wakes the caller as a request would. To look at the clock again and again
 * there would leave more behind to be collected than what is measured does, and to sleep would keep it from hearing answers.
 */
import { Worker } from 'node:worker_threads'

const METRONOME = `
const { parentPort, workerData: { atMs, everyMs, count } } = require('node:worker_threads')
const still = new Int32Array(new SharedArrayBuffer(4))
for (let beat = 0; beat < count; beat++) {
  const left = atMs + beat * everyMs - performance.timeOrigin - performance.now()
  if (left > 0) Atomics.wait(still, 0, 0, left)
  parentPort.postMessage(beat)
}`

/** Calls with 0, 1, 2, ... `count - 1`, from `startMs` by this thread's clock on and then every so often; resolves after the last. */
export async function onTheBeat(
  { startMs, everyMs, count }: { startMs: number; everyMs: number; count: number },
  due: (beat: number) => void,
): Promise<void> {
  const workerData = { atMs: performance.timeOrigin + startMs, everyMs, count }
  const metronome = new Worker(METRONOME, { eval: true, workerData })
  metronome.on('message', due)
  await new Promise((resolve, reject) => metronome.once('exit', resolve).once('error', reject))
}
