/** A process that writes blobs and is killed in the midst of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sleep } from '../../src/kit/retry.ts'

/** Starts a module that prints the number of each blob it has written, and kills it (`kill -9`) so long after the first. Returns the numbers. */
export async function writeUntilKilled(module: string, words: readonly string[], afterMs: number): Promise<number[]> {
  const writer = spawn(process.execPath, ['--input-type=module-typescript', '-e', module, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  writer.stdout.on('data', (piece) => {
    said += piece
  })
  await once(writer.stdout, 'data')
  await sleep(afterMs)
  writer.kill('SIGKILL')
  await once(writer, 'close')
  return said.split('\n').filter(Boolean).map(Number)
}
