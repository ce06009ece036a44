/** Waiting for something to become true. */
import { sleep } from '../../src/kit/retry.ts'

/** Asks until it is so; throws after `limitMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`It did not become so within ${limitMs} ms: ${isSo}`)
    await sleep(10)
  }
}
