/** Asks a server for one address at a rate, whether or not it keeps up, each time with another cookie. A thread of its own. */
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

const { port, path, perSecond, cookies } = workerData as {
  port: number
  path: string
  perSecond: number
  cookies: string[]
}
const agent = new Agent({ keepAlive: true })
const BEFORE_FIRST_MS = 300
const startMs = performance.now() + BEFORE_FIRST_MS
const still = new Int32Array(new SharedArrayBuffer(4))
const times: number[] = []
let failed = 0
let bytes = 0

/** From another address each time, for limits are per address. */
function ask(cookie: string, number: number, dueMs: number): Promise<void> {
  const headers = {
    cookie,
    'x-forwarded-for': `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`,
    'accept-encoding': 'br',
    'accept-language': 'en',
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  }
  return new Promise((resolve) => {
    const fail = () => {
      failed++
      resolve()
    }
    const it = request({ agent, port, host: '127.0.0.1', path, headers }, (answer) => {
      if (answer.statusCode !== 200) failed++
      answer.on('data', (some: Buffer) => {
        bytes += some.length
      })
      answer.on('error', fail)
      answer.on('end', () => {
        if (answer.statusCode === 200) times.push(performance.now() - dueMs)
        resolve()
      })
    })
    it.on('error', fail)
    it.end()
  })
}

const waiting: Promise<void>[] = []
for (const [number, cookie] of cookies.entries()) {
  const dueMs = startMs + (number * 1000) / perSecond
  // Answers are heard between the questions; the last millisecond is slept through, since timers come late.
  const left = dueMs - performance.now()
  if (left > 1.5) await new Promise((resolve) => setTimeout(resolve, left - 1.5))
  const rest = dueMs - performance.now()
  if (rest > 0) Atomics.wait(still, 0, 0, rest)
  waiting.push(ask(cookie, number, dueMs))
}
await Promise.all(waiting)
agent.destroy()
parentPort?.postMessage({ times, failed, bytes })
