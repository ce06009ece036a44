/** Countries of addresses: known ones, and what has none. */
import { expect, test } from 'vitest'
import { countryOf } from './countries.ts'

test.each([
  ['193.0.6.139', 'NL'],
  ['2001:67c:2e8::1', 'NL'],
  ['133.11.0.1', 'JP'],
  ['200.160.2.3', 'BR'],
  ['127.0.0.1', ''],
  ['10.1.2.3', ''],
  ['::1', ''],
  ['not an address', ''],
  ['', ''],
])('%s is in %s', (address, country) => {
  expect(countryOf(address)).toBe(country)
})
