/** Metrics: declared as constants beside the code that moves them, gathered per process, told in Prometheus text. */

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
