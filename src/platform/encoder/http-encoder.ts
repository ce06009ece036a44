/**
 * An encoder behind an address that the operator has set, in the manner of the `/v1/embeddings` that most servers of models
 * speak: `{ model, input: [texts] }` is sent, `{ data: [{ index, embedding }] }` comes back. Redirects are not followed, and an
 * answer is read to a limit only.
 */
import { z } from 'zod'
import { MIB } from '../../kit/bytes.ts'
import { postOutside } from '../outbound.ts'
import { type Encoder, MOST_NUMBERS, unit } from './encoder.ts'

const TIME_MS = 20_000
const ANSWER_BYTES = 8 * MIB

const Answer = z.object({
  data: z.array(z.object({ index: z.number().int().min(0), embedding: z.array(z.number()).min(1).max(MOST_NUMBERS) })),
})

export function httpEncoder(to: { address: string; model: string; key: string }): Encoder {
  return {
    name: `${to.address} ${to.model}`,
    async encode(texts, signal) {
      const { status, said } = await postOutside(to.address, {
        headers: {
          'content-type': 'application/json',
          ...(to.key === '' ? {} : { authorization: `Bearer ${to.key}` }),
        },
        body: JSON.stringify({ ...(to.model === '' ? {} : { model: to.model }), input: texts }),
        timeoutMs: TIME_MS,
        signal,
        replyBytes: ANSWER_BYTES,
        // The operator named it, and most run it beside the platform.
        allowPrivate: true,
      })
      if (status !== 200) throw new Error(`the encoder answered ${status}`)
      const { data } = Answer.parse(JSON.parse(said))
      const vectors = data.sort((a, b) => a.index - b.index).map(({ embedding }) => unit(embedding))
      const width = vectors[0]?.length
      if (vectors.length !== texts.length || vectors.some((it) => it.length !== width))
        throw new Error(
          `the encoder answered ${vectors.length} vectors for ${texts.length} texts, or of different lengths`,
        )
      return vectors
    },
  }
}
