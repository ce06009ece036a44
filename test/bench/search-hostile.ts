/**
 * Bad input through HTTP: queries of ten thousand characters, operators only, control characters, what makes careless regular
 * expressions explode, a hundred filters. Each must be answered or refused within 50 ms; the yardstick is an ordinary query of the
 * same run. Of each the least of five tries counts, in which whatever else the machine does is least.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keeperOf } from '../../src/features/search/keeper.ts'
import { routes } from '../../src/features/search/routes.ts'
import { readConfig } from '../../src/platform/config.ts'
import { serveHttp } from '../../src/platform/http/serve.ts'
import { openApp } from '../../src/platform/open.ts'
import { type BenchResult, quantile } from './figures.ts'
import { catalogue } from './generated-videos.ts'
import { seeded } from './search-quality.ts'

const ROUNDS = 5

function hostile(): Record<string, string> {
  const q = (text: string) => new URLSearchParams({ q: text }).toString()
  const rare = Array.from({ length: 40 }, (_, number) => `x${number.toString(36)}q`).join(' ')
  return {
    long: q('x'.repeat(10_000)),
    words: q('word '.repeat(2000)),
    longest_allowed: q('abcdefg '.repeat(50)),
    rare_words: q(rare),
    letters: q('a b c d e f g h i j k l m n o p q r s t u v w x y z'),
    one_letter: q('a'),
    operators: q('- -- "" -"" " - ( ) * ? ~ && || !'),
    quotes: q('"'.repeat(400)),
    minus: q('-'.repeat(400)),
    excluded: q('-a -b -c -d -e -f -g -h -i -j -k -l'),
    phrases: q('"a b" "c d" "e f" "g h" "i j" "k l" "m n"'),
    control: 'q=%00%01%02%1b%7f',
    broken_utf8: 'q=%ff%fe%c3',
    regex: q('(a+)+$'.repeat(60)),
    joined: q('a-'.repeat(200)),
    stars: q(`${'x'.repeat(200)}*${'y'.repeat(199)}`),
    marks: q('e\u0301'.repeat(200)),
    cjk: q('好'.repeat(400)),
    emoji: q('🔥'.repeat(200)),
    filters: `q=a&${'tag=x&'.repeat(100)}`,
    all_filters:
      'q=a&published=year&length=long&quality=4k&captions=1&captionLanguage=en&language=en&category=music&tag=x&live=live&sort=views&facets=1',
    unknown_filters: `q=a&${Array.from({ length: 100 }, (_, number) => `f${number}=1`).join('&')}`,
    deep: 'q=a&after=9999&limit=60',
  }
}

export async function run([countText = '100000']: string[]): Promise<BenchResult> {
  const count = Number(countText)
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-bench-'))
  const settings = { 'data.folder': folder, 'log.level': 'silent', 'http.trust_proxy': true }
  const app = await openApp(readConfig(settings, {}))
  try {
    const made = catalogue(count)
    const keeper = keeperOf(app)
    await keeper.ready
    // What is found has no rows to be shown from; the work of finding is what is measured.
    await keeper.engine.rebuild(
      (async function* () {
        for (let from = 0; from < count; from += 5000)
          yield Array.from({ length: Math.min(5000, count - from) }, (_, index) => made.video(from + index))
      })(),
    )
    const served = await serveHttp(app, { routes, knowViewer: async () => undefined, host: '127.0.0.1', port: 0 })
    let asked = 0
    const random = seeded(3)
    const ask = async (query: string, path = 'search') => {
      const startMs = performance.now()
      const answer = await fetch(`http://127.0.0.1:${served.port}/api/${path}?${query}`, {
        headers: { 'x-forwarded-for': `10.${(asked >> 8) & 255}.${asked++ & 255}.1` },
      })
      await answer.arrayBuffer()
      return { status: answer.status, tookMs: performance.now() - startMs }
    }
    for (let warm = 0; warm < 300; warm++) await ask(`q=${made.question(random).replaceAll(' ', '+')}`)
    const ordinary: number[] = []
    for (let at = 0; at < 100; at++)
      ordinary.push((await ask(`q=${made.question(random).replaceAll(' ', '+')}`)).tookMs)
    const figures: Record<string, number> = {}
    let wrong = 0
    for (const path of ['search', 'search/suggestions']) {
      for (const [name, query] of Object.entries(hostile())) {
        let leastMs = Number.POSITIVE_INFINITY
        for (let round = 0; round < ROUNDS; round++) {
          const { status, tookMs } = await ask(query, path)
          if (status >= 500) wrong++
          leastMs = Math.min(leastMs, tookMs)
        }
        figures[`${path === 'search' ? '' : 'suggest_'}${name}_ms`] = leastMs
      }
    }
    await served.close()
    const slowest = Object.entries(figures).sort((a, b) => b[1] - a[1])[0]!
    const all = {
      videos: count,
      ...figures,
      slowest_ms: slowest[1],
      ordinary_p50_ms: quantile(ordinary, 0.5),
      failed: wrong,
    }
    return {
      figures: all,
      ok: wrong === 0,
      summary: `of ${Object.keys(figures).length} kinds of bad input at ${count} videos the slowest (${slowest[0].slice(0, -3)}) took ${slowest[1].toFixed(1)} ms, an ordinary query ${quantile(ordinary, 0.5).toFixed(1)} ms`,
    }
  } finally {
    await app.close()
    await rm(folder, { recursive: true, force: true })
  }
}
