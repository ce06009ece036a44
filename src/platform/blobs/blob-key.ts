/** What a key of a blob may look like, asked before it becomes a path. */
import { join } from 'node:path'

/** Path of a key below `root`. Throws RangeError for a key that is none: nothing outside `root` can be named. */
export function blobPath(root: string, key: string): string {
  return join(root, checkBlobKey(key))
}

/** The key itself. Throws RangeError for what is none. */
export function checkBlobKey(key: string): string {
  if (!isBlobKey(key)) throw new RangeError(`${JSON.stringify(key.slice(0, 100))} is no key of a blob`)
  return key
}

/** The prefix without the `/` in which it must end. Throws RangeError for what is none. */
export function checkPrefix(prefix: string): string {
  if (!prefix.endsWith('/')) throw new RangeError(`The prefix ${JSON.stringify(prefix)} does not end in /`)
  return checkBlobKey(prefix.slice(0, -1))
}

/** Words of `[A-Za-z0-9._-]` joined by `/`, none of them dots only, 512 characters in all, 255 in a word. */
export function isBlobKey(key: string): boolean {
  if (key.length > 512) return false
  return key.split('/').every((word) => /^[A-Za-z0-9._-]{1,255}$/.test(word) && !/^\.+$/.test(word))
}
