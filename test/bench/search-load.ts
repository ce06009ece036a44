/** Asks a server questions as fast as it answers them, over so many connections, and says how long each took. A thread of its own. */
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

interface Load {
  port: number
  paths: string[]
  connections: number
  forMs: number
  /** Questions after which it stops even so. */
  most: number
}

const { port, paths, connections, forMs, most } = workerData as Load
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const endMs = performance.now() + forMs
const times: number[] = []
let failed = 0
let at = 0

/** Each question from another address, for limits are per address. */
function ask(path: string, number: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.1`
    const it = request({ agent, port, host: '127.0.0.1', path, headers: { 'x-forwarded-for': from } }, (answer) => {
      answer.on('data', () => {})
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.on('error', reject)
    })
    it.on('error', reject)
    it.end()
  })
}

async function caller(): Promise<void> {
  while (performance.now() < endMs && at < most) {
    const number = at++
    const startMs = performance.now()
    const status = await ask(paths[number % paths.length]!, number).catch(() => 0)
    if (status === 200 || status === 204) times.push(performance.now() - startMs)
    else failed++
  }
}

await Promise.all(Array.from({ length: connections }, caller))
agent.destroy()
parentPort?.postMessage({ times, failed })
