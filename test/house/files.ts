/** The files that house tests look at. */
import { execFileSync } from 'node:child_process'

/** Every file of the project that is tracked or about to be, as paths from the root. */
export function projectFiles(): string[] {
  const text = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const deleted = new Set(execFileSync('git', ['ls-files', '--deleted', '-z'], { encoding: 'utf8' }).split('\0'))
  return text.split('\0').filter((path) => path !== '' && !deleted.has(path))
}

export function sourceFiles(): string[] {
  return projectFiles().filter((path) => path.startsWith('src/'))
}
