/**
 * What has changed is taken in as the database says it then, many together, so it does not matter in what order or how often it was heard.
 * What cannot be taken in is lost until it can be: nothing is shown of which it is not known whether it still may be.
 */

/** What is done with the names of what has changed. */
export interface Hands {
  take(ids: string[]): Promise<void>
  lose(ids: string[]): void
  /** Tried again in a while, or, after so many failures, not any more. */
  failed(error: unknown, isLast: boolean): void
}

export interface Following {
  hear(id: string): void
  /** Until what was heard so far is taken in, or lost; undefined where there is nothing to wait for. */
  settled(): Promise<void> | undefined
}

const AT_ONCE = 500
const FAILURES = 20
const WAIT_MS = 250

export function follow(hands: Hands): Following {
  const changed = new Set<string>()
  /** Who waits, each with how many of those that were heard are still to be begun: what is heard after them is no concern of theirs. */
  let waiting: { left: number; go(): void }[] = []
  let failures = 0
  let isWorking = false
  let isWaiting = false

  async function workOff(): Promise<void> {
    // What is told in one breath is asked for in one.
    await undefined
    while (changed.size > 0) {
      const ids = [...changed].slice(0, AT_ONCE)
      for (const id of ids) changed.delete(id)
      for (const one of waiting) one.left -= ids.length
      try {
        await hands.take(ids)
        failures = 0
      } catch (error) {
        for (const id of ids) changed.add(id)
        giveUp(error)
        break
      }
      for (const one of waiting) if (one.left <= 0) one.go()
      waiting = waiting.filter(({ left }) => left > 0)
    }
    isWorking = false
    for (const one of waiting.splice(0)) one.go()
  }

  function giveUp(error: unknown): void {
    hands.lose([...changed])
    const isLast = ++failures > FAILURES
    hands.failed(error, isLast)
    if (isLast) {
      changed.clear()
      failures = 0
      return
    }
    isWaiting = true
    setTimeout(() => {
      isWaiting = false
      begin()
    }, WAIT_MS * failures).unref()
  }

  function begin(): void {
    if (isWorking) return
    isWorking = true
    void workOff()
  }

  return {
    hear(id) {
      changed.add(id)
      if (isWaiting) hands.lose([id])
      else begin()
    },
    settled() {
      if (!isWorking) return undefined
      return new Promise((go) => void waiting.push({ left: changed.size, go }))
    },
  }
}
