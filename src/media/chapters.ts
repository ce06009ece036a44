// Chapters: the parts of a title with their names, from times in its description or from the source itself.

/** Begins at `startMs` and lasts until the next one. */
export type Chapter = { startMs: number; title: string }

const LEAST = 3
/** Closer together than this they are a list of times, not of chapters. */
const LEAST_MS = 5_000
const MOST = 200
const MAX_TITLE = 120

const LINE = /^\s*(?:[-–—•*\d.)]{1,4}\s+)?[([]?((?:\d{1,3}:)?\d{1,2}:\d{2})[)\]]?\s*(?:[-–—:|.]\s*)?(\S.*)?$/
const LINE_BEHIND = /^\s*(\S.*?)\s*[-–—:|]?\s*[([]?((?:\d{1,3}:)?\d{1,2}:\d{2})[)\]]?\s*$/

/**
 * Lines such as `1:02:03 Title` or `Title - 2:30`, as people write them under their videos. They are chapters when the first is at
 * 0:00, there are at least three, times rise, and each lasts five seconds or more; otherwise there are none.
 */
export function chaptersOfText(description: string, durationMs: number): Chapter[] {
  const found: Chapter[] = []
  for (const line of description.split('\n')) {
    const before = LINE.exec(line)
    const behind = before?.[2] ? null : LINE_BEHIND.exec(line)
    const [time, title] = before?.[2] ? [before[1]!, before[2]] : behind ? [behind[2]!, behind[1]!] : []
    if (time === undefined || title === undefined) continue
    found.push({ startMs: readTime(time), title: title.trim().slice(0, MAX_TITLE) })
  }
  return soundChapters(found, durationMs) ? found : []
}

/** Chapters as ffprobe lists them (`-show_chapters`), put in order; none when they do not make sense for the title. */
export function chaptersOfSource(
  chapters: readonly { start_time?: string; tags?: { title?: string } }[],
  startSeconds: number,
  durationMs: number,
): Chapter[] {
  const found = chapters
    .map(({ start_time, tags }, at) => ({
      startMs: Math.max(0, Math.round((Number(start_time) - startSeconds) * 1000)),
      title: cleanTitle(tags?.title ?? '') || `${at + 1}`,
    }))
    .filter(({ startMs }) => startMs < durationMs)
    .sort((a, b) => a.startMs - b.startMs)
    .filter(({ startMs }, at, all) => at === 0 || startMs > all[at - 1]!.startMs)
    .slice(0, MOST)
  if (found.length < 2) return []
  if (found[0]!.startMs < 1000) found[0]!.startMs = 0
  return found[0]!.startMs === 0 ? found : []
}

function soundChapters(found: Chapter[], durationMs: number): boolean {
  if (found.length < LEAST || found.length > MOST || found[0]!.startMs !== 0) return false
  return found.every(({ startMs }, at) => {
    const end = found[at + 1]?.startMs ?? durationMs
    return end - startMs >= LEAST_MS
  })
}

function readTime(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000
}

function cleanTitle(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, MAX_TITLE)
}
