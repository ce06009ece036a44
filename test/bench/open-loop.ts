/** Asks a server for one address at a rate, whether or not it keeps up, each time with another cookie. A thread of its own. */
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { onTheBeat } from './metronome.ts'

const { port, path, perSecond, warming, cookies } = workerData as {
  port: number
  path: string
  perSecond: number
  /** So many of the first are not counted; after them `measuring` is said. */
  warming: number
  cookies: string[]
}
const agent = new Agent({ keepAlive: true })
const BEFORE_FIRST_MS = 300
const startMs = performance.now() + BEFORE_FIRST_MS
const everyMs = 1000 / perSecond
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
        if (number >= warming) bytes += some.length
      })
      answer.on('error', fail)
      answer.on('end', () => {
        if (answer.statusCode === 200 && number >= warming) times.push(performance.now() - dueMs)
        resolve()
      })
    })
    it.on('error', fail)
    it.end()
  })
}

const waiting: Promise<void>[] = []
await onTheBeat({ startMs, everyMs, count: cookies.length }, (number) => {
  if (number === warming) parentPort?.postMessage('measuring')
  waiting.push(ask(cookies[number]!, number, startMs + number * everyMs))
})
await Promise.all(waiting)
agent.destroy()
parentPort?.postMessage({ times, failed, bytes })
