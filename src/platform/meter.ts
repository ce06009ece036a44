/** Metrics: declared as constants beside the code that moves them, gathered per process, told in Prometheus text. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metric<Label extends string = string> {
  kind: 'counter' | 'gauge' | 'histogram'
  /** `thing_verb_unit`, without the prefix `vitascope_`. */
  name: string
  says: string
  labels: readonly Label[]
  /** Upper bounds for a histogram, in the unit of the name. */
  buckets?: readonly number[]
}

/** Every metric that is declared, for the reference. Filled as modules load. */
export const declaredMetrics: Metric[] = []

export function metric<const Label extends string = never>(it: Metric<Label>): Metric<Label> {
  declaredMetrics.push(it as unknown as Metric)
  return it
}

export interface Meter {
  /** Adds to a counter. */
  count<L extends string>(it: Metric<L>, labels: Record<L, string>, by?: number): void
  /** Sets a gauge. */
  set<L extends string>(it: Metric<L>, labels: Record<L, string>, value: number): void
  /** One observation for a histogram. */
  observe<L extends string>(it: Metric<L>, labels: Record<L, string>, value: number): void
  /** Everything in the Prometheus text format. */
  text(): Promise<string>
}

const PREFIX = 'vitascope_'

/** A meter of this process; with `process` it also tells memory, processor time and the lag of the event loop. */
export function openMeter(options: { process?: boolean } = {}): Meter {
  const registry = new Registry()
  if (options.process) collectDefaultMetrics({ register: registry })
  const made = new Map<string, Counter | Gauge | Histogram>()

  function instrument(it: Metric<never>): Counter | Gauge | Histogram {
    const known = made.get(it.name)
    if (known) return known
    const facts = { name: PREFIX + it.name, help: it.says, labelNames: it.labels, registers: [registry] }
    const fresh = makeInstrument(it, facts)
    made.set(it.name, fresh)
    return fresh
  }

  return {
    count: (it, labels, by = 1) => (instrument(it as Metric<never>) as Counter).inc(labels, by),
    set: (it, labels, value) => (instrument(it as Metric<never>) as Gauge).set(labels, value),
    observe: (it, labels, value) => (instrument(it as Metric<never>) as Histogram).observe(labels, value),
    text: () => registry.metrics(),
  }
}

interface InstrumentFacts {
  name: string
  help: string
  labelNames: readonly string[]
  registers: Registry[]
}

function makeInstrument(it: Metric<never>, facts: InstrumentFacts): Counter | Gauge | Histogram {
  if (it.kind === 'counter') return new Counter(facts)
  if (it.kind === 'gauge') return new Gauge(facts)
  return new Histogram({ ...facts, ...(it.buckets ? { buckets: [...it.buckets] } : {}) })
}
