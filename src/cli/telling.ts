/** What went wrong, as the command line says it. */

/** Their sentences speak of an address and a request, of which somebody at a command line has made none. */
const OF_REQUESTS = new Set(['bad_request', 'not_found'])

const OF_FILES: Record<string, (path: string) => string> = {
  ENOENT: (path) => `There is no file ${path}.`,
  EISDIR: (path) => `${path} is a folder, not a file.`,
  EACCES: (path) => `This account may not open ${path}.`,
}

/** What people can act on has a sentence; only a fault of ours shows where it happened. */
export function toldOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, detail, sentence, path } = error as Error & Record<'code' | 'detail' | 'sentence' | 'path', unknown>
  if (error.name === 'Refusal' && OF_REQUESTS.has(String(code)) && typeof detail === 'string')
    return `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}.`
  if (typeof path === 'string' && OF_FILES[String(code)]) return OF_FILES[String(code)]!(path)
  const isPlain = error.name === 'Refusal' || error.name === 'CallFailed' || error.constructor === Error
  if (!isPlain) return error.stack ?? error.message
  return typeof sentence === 'string' ? sentence : error.message
}
