/** Waiting and trying again: back-off, time limits. */

/** Resolves after `durationMs`, or rejects at once when the signal fires. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(finish, durationMs)
    function finish() {
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    function stop() {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** The pause before attempt `attempt` (1 is the first retry): doubles from `baseMs` up to `maxMs`, with up to 25 % of jitter so that a crowd does not return as one. */
export function backoffMs(attempt: number, baseMs: number, maxMs: number, random: number = Math.random()): number {
  const plain = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(plain * (1 - random * 0.25))
}
