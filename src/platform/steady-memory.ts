/** Memory of a process through which much streams: kept from growing with the traffic. */
import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's nursery at the size it has now. Bodies arrive as thousands of small buffers that die at once; a nursery that has
 * grown to its full 32 MiB is cleared so seldom that the bytes they hold pile up beside it. Measured with a 1.5 GiB upload:
 * 151 MiB resident instead of 200, and a quarter less processor time.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
