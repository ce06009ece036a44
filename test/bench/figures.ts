/** What benches give back, and how figures are held against their budgets. */

export interface BenchResult {
  /** By name, units last: `pick_up_p50_ms`. Ratios to a yardstick of the same run are what budgets are for. */
  figures: Record<string, number | string>
  /** False when the bench itself saw something wrong. */
  ok?: boolean
  /** One line. */
  summary: string
}

/** What a figure must reach, in budgets.json by bench and figure. */
export interface Budget {
  min?: number
  max?: number
}

/** The figures that miss their budget, a line each. A figure that has a budget and was not measured misses it. */
export function shortfalls(figures: BenchResult['figures'], budgets: Record<string, Budget>): string[] {
  return Object.entries(budgets).flatMap(([name, { min, max }]) => {
    const value = figures[name]
    if (typeof value !== 'number' || Number.isNaN(value)) return [`${name} was not measured`]
    if (min !== undefined && value < min) return [`${name} is ${sayNumber(value)}, less than ${min}`]
    if (max !== undefined && value > max) return [`${name} is ${sayNumber(value)}, more than ${max}`]
    return []
  })
}

export function sayNumber(value: number | string): string {
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return String(value)
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

/** The value below which `share` of the values lie; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function sayBudget({ min, max }: Budget): string {
  return [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`]
    .filter(Boolean)
    .join(', ')
}
