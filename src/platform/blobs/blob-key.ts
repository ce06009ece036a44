/** What a key of a blob may look like, asked before it becomes a path. */
import { join } from 'node:path'

/** Path of a key below `root`. Throws RangeError for a key that is none: nothing outside `root` can be named. */
export function blobPath(root: string, key: string): string {
  if (!isBlobKey(key)) throw new RangeError(`${JSON.stringify(key.slice(0, 100))} is no key of a blob`)
  return join(root, key)
}

/** Words of `[A-Za-z0-9._-]` joined by `/`, none of them dots only, 512 characters in all, 255 in a word. */
export function isBlobKey(key: string): boolean {
  if (key.length > 512) return false
  return key.split('/').every((word) => /^[A-Za-z0-9._-]{1,255}$/.test(word) && !/^\.+$/.test(word))
}
