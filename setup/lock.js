/** One set-up at a time: two that install into the same folder would ruin it for both. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const POLL_MS = 200
const LONGEST_WAIT_MS = 15 * 60_000

/** Does `work` while holding the lock file; waits for whoever holds it. A lock whose holder has died is taken over. */
export function withLock(path, work) {
  take(path)
  const release = () => rmSync(path, { force: true })
  process.on('exit', release)
  try {
    return work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

function take(path) {
  mkdirSync(dirname(path), { recursive: true })
  const until = Date.now() + LONGEST_WAIT_MS
  for (let told = false; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!holderLives(path)) {
      rmSync(path, { force: true })
      continue
    }
    if (Date.now() > until)
      throw new Error(`Another set-up has held ${path} for too long; delete that file if there is none.`)
    if (!told) console.error('Another set-up is at work in this folder; waiting for it ...')
    told = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
  }
}

function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // An empty file is one that is just being written.
    if (!pid) return true
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
