/** The search engine in memory: the promises of every engine, and those of its own. */
import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../../src/features/search/engine/memory-engine.ts'
import { document, question, searchConformance } from './search.ts'

searchConformance('search in memory', async () => memoryEngine())

describe('search in memory, beyond the port', () => {
  test('names with signs are found however they are typed', async () => {
    const engine = memoryEngine()
    const titles = [
      'Spider-Man swings',
      'AC/DC live',
      'Learn C++ today',
      'R.E.M. unplugged',
      "Don't stop",
      'P!nk in concert',
      'Ke$ha on tour',
      'Café Zürich',
    ]
    await engine.put(titles.map((title, index) => document(`video${index}`, title)))
    const asked: [string, string][] = [
      ['spiderman', 'Spider-Man swings'],
      ['spider man', 'Spider-Man swings'],
      ['acdc', 'AC/DC live'],
      ['ac dc', 'AC/DC live'],
      ['c++', 'Learn C++ today'],
      ['rem', 'R.E.M. unplugged'],
      ['r.e.m.', 'R.E.M. unplugged'],
      ['dont stop', "Don't stop"],
      ['don’t', "Don't stop"],
      ['pink', 'P!nk in concert'],
      ['kesha', 'Ke$ha on tour'],
      ['cafe zurich', 'Café Zürich'],
    ]
    for (const [text, title] of asked) {
      const { hits } = await engine.search(question(`${text} `))
      expect([text, titles[Number(hits[0]?.id.slice(5))]]).toEqual([text, title])
    }
    await engine.close()
  })

  test('scripts without spaces, and words by the rules of their language', async () => {
    const engine = memoryEngine()
    await engine.put([
      document('video1', '猫の動画編集入門', { language: 'ja' }),
      document('video2', 'Häuser am See', { language: 'de' }),
      document('video3', 'Книги и письма', { language: 'ru' }),
      document('video4', '방탄소년단의 노래', { language: 'ko' }),
      document('video5', 'Canciones de cuna', { language: 'es' }),
    ])
    const asked: [string, string][] = [
      ['動画', 'video1'],
      ['猫', 'video1'],
      ['門', 'video1'],
      ['haus', 'video2'],
      ['книга', 'video3'],
      ['방탄소년단', 'video4'],
      ['canción', 'video5'],
      ['cancion', 'video5'],
    ]
    for (const [text, id] of asked) {
      const { hits } = await engine.search(question(text))
      expect([text, hits[0]?.id]).toEqual([text, id])
    }
    await engine.close()
  })

  test('thousands of changes leave what a fresh build would, while it sweeps itself', async () => {
    const engine = memoryEngine()
    const word = (number: number) =>
      `word${String.fromCharCode(97 + (number % 7))}${String.fromCharCode(97 + (number % 11))}`
    for (let number = 0; number < 9000; number++) {
      const id = `video${number % 3000}`
      if (number % 5 === 4) await engine.remove('video', [id])
      else await engine.put([document(id, `${word(number)} common`)])
      if (number % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    // What stands now, worked out without an engine.
    const expected = new Map<string, string>()
    for (let number = 0; number < 9000; number++) {
      const id = `video${number % 3000}`
      if (number % 5 === 4) expected.delete(id)
      else expected.set(id, word(number))
    }
    expect((await engine.size()).documents).toBe(expected.size)
    expect((await engine.search(question('common '))).total).toBe(expected.size)
    for (const asked of new Set(expected.values())) {
      const count = [...expected.values()].filter((it) => it === asked).length
      expect([asked, (await engine.search(question(`"${asked}"`))).total]).toEqual([asked, count])
    }
    await engine.close()
  })

  test('a change made while everything is built anew is not lost', async () => {
    const engine = memoryEngine()
    const all = Array.from({ length: 3000 }, (_, number) => document(`video${number}`, `Title ${number} steady`))
    const rebuilt = engine.rebuild(
      (async function* () {
        for (let from = 0; from < all.length; from += 500) {
          yield all.slice(from, from + 500)
          await new Promise((resolve) => setImmediate(resolve))
          if (from === 1000) {
            await engine.remove('video', ['video10'])
            await engine.put([document('video2999', 'Changed meanwhile')])
          }
        }
      })(),
    )
    await rebuilt
    // The page read later still held the old text, yet what was put is newer.
    expect((await engine.search(question('changed meanwhile'))).hits[0]?.id).toBe('video2999')
    expect((await engine.search(question('steady '))).total).toBe(2998)
    await engine.close()
  })

  test('what is near in meaning joins what holds the words, by rank, within the filters', async () => {
    const engine = memoryEngine()
    await engine.put([
      document('video1', 'Cheap flights', { category: 'travel' }),
      document('video2', 'Flights of fancy', { category: 'film' }),
      document('video3', 'Low cost airlines', { category: 'travel' }),
    ])
    const neighbours = ['video3', 'video1', 'gone']
    const ask = async (text: string, filters = {}) =>
      (await engine.search(question(text, { neighbours, filters }))).hits.map((hit) => hit.id)
    expect(await ask('flights ')).toEqual(['video1', 'video2', 'video3'])
    expect(await ask('flights ', { category: 'film' })).toEqual(['video2'])
    expect(await ask('flights -cheap')).toEqual(['video2'])
    await engine.close()
  })

  test('suggestions go on with titles, and know nothing of what is gone', async () => {
    const engine = memoryEngine()
    await engine.put([
      document('video1', 'How to cook pasta', { views: 5000 }),
      document('video2', 'How to cook rice', { views: 10 }),
      document('video3', 'How to cope with secrets'),
      document('video4', 'Crème brûlée'),
    ])
    expect(await engine.suggest('how to cook', 5)).toContain('how to cook pasta')
    expect(await engine.suggest('how to co', 5)).toEqual(
      expect.arrayContaining(['how to cook', 'how to cope with secrets']),
    )
    expect((await engine.suggest('creme', 5))[0]).toBe('crème brûlée')
    await engine.remove('video', ['video3'])
    expect(
      JSON.stringify([
        await engine.suggest('how to co', 9),
        await engine.suggest('se', 9),
        await engine.suggest('secr', 9),
      ]),
    ).not.toContain('secret')
    await engine.close()
  })
})
