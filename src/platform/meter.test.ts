/** Metrics come out as Prometheus reads them. */
import { expect, test } from 'vitest'
import { type Metric, openMeter } from './meter.ts'

const seen: Metric<'who'> = { kind: 'counter', name: 'seen_total', says: 'How often.', labels: ['who'] }
const depth: Metric = { kind: 'gauge', name: 'depth_metres', says: 'How deep.', labels: [] }
const took: Metric<'what'> = {
  kind: 'histogram',
  name: 'took_seconds',
  says: 'How long.',
  labels: ['what'],
  buckets: [0.1, 1],
}

test('counts, sets and observes', async () => {
  const meter = openMeter()
  meter.count(seen, { who: 'a"b' })
  meter.count(seen, { who: 'a"b' }, 2)
  meter.set(depth, {}, 7)
  meter.set(depth, {}, 5)
  meter.observe(took, { what: 'x' }, 0.5)
  const text = await meter.text()
  expect(text).toContain(
    '# HELP vitascope_seen_total How often.\n# TYPE vitascope_seen_total counter\nvitascope_seen_total{who="a\\"b"} 3',
  )
  expect(text).toContain('vitascope_depth_metres 5')
  expect(text).toContain('vitascope_took_seconds_bucket{le="0.1",what="x"} 0')
  expect(text).toContain('vitascope_took_seconds_bucket{le="1",what="x"} 1')
})

test('two meters share nothing, and one of a process tells of that', async () => {
  const [one, two] = [openMeter(), openMeter({ process: true })]
  one.count(seen, { who: 'one' })
  expect(await two.text()).not.toContain('seen_total')
  expect(await two.text()).toContain('process_resident_memory_bytes')
})
