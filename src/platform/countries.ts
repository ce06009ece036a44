/**
 * The country of an address, from a table that lies beside the program (registrations of address blocks, public domain): nothing is
 * asked of anybody. It is read when it is first needed, and takes about a microsecond a look-up.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { type CountryResponse, Reader } from 'mmdb-lib'

const TABLE = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'

/** As it is in this table: flat, unlike those that the type of the library describes. */
interface Entry {
  country_code?: string
}

let reader: Reader<CountryResponse> | undefined

/** ISO 3166-1, two letters; empty for an address that is private, not registered, or none. */
export function countryOf(address: string): string {
  if (isIP(address) === 0) return ''
  reader ??= new Reader<CountryResponse>(readFileSync(createRequire(import.meta.url).resolve(TABLE)))
  const entry = reader.get(address) as Entry | null
  return entry?.country_code ?? ''
}
