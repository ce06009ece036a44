/** Chapters live in a video's description, as lines of a time and a title: here they are read out of it and written back. */

export interface ChapterLine {
  time: string
  title: string
}

const LINE = /^\s*((?:\d{1,3}:)?\d{1,2}:\d{2})\s+(\S.*?)\s*$/
const TIME = /^(?:\d{1,3}:)?[0-5]?\d:[0-5]\d$/
/** As the player takes them for chapters: three at least, the first at the beginning, each of five seconds or more. */
const LEAST = 3
const LEAST_SECONDS = 5

export function readChapterLines(description: string): ChapterLine[] {
  return description.split('\n').flatMap((line) => {
    const [, time, title] = LINE.exec(line) ?? []
    return time && title ? [{ time, title }] : []
  })
}

/** Chapters as a file brings them, in lines: whole seconds, which is all that a description says. */
export function linesOf(chapters: readonly { startMs: number; title: string }[]): ChapterLine[] {
  return chapters.map(({ startMs, title }) => {
    const seconds = Math.round(startMs / 1000)
    const two = (number: number) => String(number).padStart(2, '0')
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
    const time = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes)
    return { time: `${time}:${two(seconds % 60)}`, title }
  })
}

/** The description with these chapters in place of those it had; the others of its lines stay as they are. */
export function writeChapterLines(description: string, chapters: readonly ChapterLine[]): string {
  const lines = description.split('\n')
  const first = lines.findIndex((line) => LINE.test(line))
  const written = chapters.map(({ time, title }) => `${time} ${title.trim()}`)
  const before = first < 0 ? [...lines, ...(description.trim() ? [''] : [])] : lines.slice(0, first)
  const after = first < 0 ? [] : lines.slice(first).filter((line) => !LINE.test(line))
  return [...before, ...written, ...after].join('\n').trim()
}

/** What keeps these from being chapters; undefined when nothing does. No chapters at all are fine. */
export function chaptersWrong(
  chapters: readonly ChapterLine[],
  durationMs: number | undefined,
): 'times' | 'few' | 'first' | 'order' | undefined {
  if (chapters.length === 0) return undefined
  if (!chapters.every(({ time, title }) => TIME.test(time) && title.trim() !== '')) return 'times'
  if (chapters.length < LEAST) return 'few'
  const seconds = chapters.map(({ time }) => secondsOf(time))
  if (seconds[0] !== 0) return 'first'
  const ends = [...seconds.slice(1), durationMs === undefined ? Number.POSITIVE_INFINITY : durationMs / 1000]
  return seconds.every((from, at) => (ends[at] ?? 0) - from >= LEAST_SECONDS) ? undefined : 'order'
}

function secondsOf(time: string): number {
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}
