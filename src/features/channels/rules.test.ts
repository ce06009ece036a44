/** Handles made from names. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Handle } from '../../contract/shapes.ts'
import { handlesFor } from './rules.ts'

test('whatever the name, every handle is one that the contract takes', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.stringMatching(/^[ a-z0-9-]{0,60}$/)),
      (name) => {
        for (const handle of handlesFor(name, () => 'abc12'))
          expect(Handle.safeParse(handle).success, `${name} -> ${handle}`).toBe(true)
      },
    ),
  )
})
