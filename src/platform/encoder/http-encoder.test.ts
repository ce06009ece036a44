/** What is asked of an encoder behind an address, and what is not believed of its answers. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { httpEncoder } from './http-encoder.ts'

/** A server of models that answers with what it is told to, and remembers what it was asked. */
async function server(answer: (input: string[]) => unknown, status = 200) {
  const asked: { authorization: string | undefined; body: { model?: string; input: string[] } }[] = []
  const http = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += part
    const body = JSON.parse(text) as { model?: string; input: string[] }
    asked.push({ authorization: request.headers.authorization, body })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer(body.input)))
  })
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1/embeddings`
  return { address, asked, [Symbol.asyncDispose]: () => new Promise<void>((done) => void http.close(() => done())) }
}

test('texts go out together, vectors come back in their order and with length one', async () => {
  await using models = await server((input) => ({
    data: input.map((_, index) => ({ index, embedding: [index + 1, 0, 3] })).reverse(),
  }))
  const encoder = httpEncoder({ address: models.address, model: 'small', key: 'secret' })
  const vectors = await encoder.encode(['one', 'two'], AbortSignal.timeout(5000))
  expect(models.asked).toEqual([{ authorization: 'Bearer secret', body: { model: 'small', input: ['one', 'two'] } }])
  expect(vectors.map((it) => Math.hypot(...it).toFixed(4))).toEqual(['1.0000', '1.0000'])
  expect(vectors[1]![0]! / vectors[1]![2]!).toBeCloseTo(2 / 3)
})

test('answers that are no vectors, too few, of different lengths, or refusals are not believed', async () => {
  const bad: [answer: unknown, status: number][] = [
    [{ data: [] }, 200],
    [{ data: [{ index: 0, embedding: [1] }] }, 200],
    [
      {
        data: [
          { index: 0, embedding: [1, 2] },
          { index: 1, embedding: [1] },
        ],
      },
      200,
    ],
    [
      {
        data: [
          { index: 0, embedding: [0, 0] },
          { index: 1, embedding: [1, 0] },
        ],
      },
      200,
    ],
    [{ hello: 1 }, 200],
    [{}, 503],
  ]
  for (const [answer, status] of bad) {
    await using models = await server(() => answer, status)
    const encoder = httpEncoder({ address: models.address, model: '', key: '' })
    await expect(encoder.encode(['one', 'two'], AbortSignal.timeout(5000)), JSON.stringify(answer)).rejects.toThrow()
  }
})
