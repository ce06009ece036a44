/** How many uploads run in this page. Apart from the uploads themselves, so that the header does not carry their code. */

let now = 0
const hearers = new Set<() => void>()

export const runningUploads = {
  subscribe(hear: () => void): () => void {
    hearers.add(hear)
    return () => hearers.delete(hear)
  },
  count: (): number => now,
  set(count: number): void {
    if (count === now) return
    now = count
    for (const hear of hearers) hear()
  },
}
