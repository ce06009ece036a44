/** Chooses the encoder that the settings name. */
import type { Config } from '../config.ts'
import type { Encoder } from './encoder.ts'
import { httpEncoder } from './http-encoder.ts'
import { packagedEncoder } from './packaged-encoder.ts'

/** The encoder that the settings name; undefined when there is none. */
export function openEncoder(config: Config): Encoder | undefined {
  const wanted = config['search.encoder']
  if (wanted === '') return undefined
  if (wanted === 'packaged') return packagedEncoder()
  return httpEncoder({
    address: wanted,
    model: config['search.encoder_model'],
    key: config['search.encoder_key'],
  })
}
