/** What players say of their playbacks is read as CTA-5004 writes it, and nonsense is passed over. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dataOfRequest, readClientData, readEvents } from './cmcd.ts'

test('the keys of a request are read from its query and from its headers', () => {
  const query = 'br=3200,bs,d=4004,mtp=25400,ot=v,rtp=15000,sid="6e2fb550-c457-11e9",bl=21300,cid="abcdefgh"'
  const read = {
    bitsPerSecond: 3_200_000,
    throughput: 25_400_000,
    bufferMs: 21_300,
    starved: true,
    contentId: 'abcdefgh',
  }
  expect(dataOfRequest({}, query)).toEqual(read)
  const headers = {
    'cmcd-object': 'br=3200,d=4004,ot=v',
    'cmcd-request': 'mtp=25400,bl=21300',
    'cmcd-session': 'sid="6e2fb550-c457-11e9",cid="abcdefgh"',
    'cmcd-status': 'bs',
  }
  expect(dataOfRequest(headers, null)).toEqual(read)
  expect(dataOfRequest({ accept: '*/*' }, null)).toBeUndefined()
})

test('commas inside quotes part nothing, and what comes first counts', () => {
  expect(readClientData('cid="a,br=9",br=100,br=200')).toEqual({
    contentId: 'a,br=9',
    bitsPerSecond: 100_000,
    starved: false,
  })
})

test('events of version 2 come a line each, with lists where there are several', () => {
  const body =
    'e=ps,sta=p,cid="abcdefgh",msd=840,ts=1763800000000\n\ne=t,br=(3000;v 128;a),bl=(9000;v 8000;a),cid="abcdefgh"\n'
  expect(readEvents(body, 10)).toEqual([
    { event: 'ps', contentId: 'abcdefgh', startupMs: 840, starved: false },
    { event: 't', contentId: 'abcdefgh', bitsPerSecond: 3_000_000, bufferMs: 9000, starved: false },
  ])
  expect(readEvents(body, 1)).toHaveLength(1)
})

test('nothing that anybody sends breaks it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 6000 }), (text) => {
      const { throughput = 0, bitsPerSecond = 0, bufferMs = 0 } = readClientData(text)
      for (const value of [throughput, bitsPerSecond, bufferMs]) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1e12)
      }
    }),
  )
  const long = `cid="${'x'.repeat(100_000)}`
  const startMs = performance.now()
  readClientData('"'.repeat(4000))
  readClientData('('.repeat(4000))
  expect(readClientData(long).contentId?.length ?? 0).toBeLessThan(129)
  expect(performance.now() - startMs).toBeLessThan(500)
})
