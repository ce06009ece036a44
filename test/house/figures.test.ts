/** Benches are held against their budgets as they should be. */
import { expect, test } from 'vitest'
import { quantile, shortfalls } from '../bench/figures.ts'

test('a figure short of its budget, or not measured at all, is told', () => {
  const budgets = { speed: { min: 10 }, wait_ms: { max: 5 }, share: { min: 0.1, max: 0.2 } }
  expect(shortfalls({ speed: 10, wait_ms: 5, share: 0.15, other: 1 }, budgets)).toEqual([])
  expect(shortfalls({ speed: 9.5, wait_ms: Number.NaN, share: 0.3 }, budgets)).toEqual([
    'speed is 9.50, less than 10',
    'wait_ms was not measured',
    'share is 0.300, more than 0.2',
  ])
  expect(shortfalls({}, { speed: { min: 1 } })).toEqual(['speed was not measured'])
})

test('quantiles are values that were measured', () => {
  const values = [5, 1, 4, 2, 3]
  expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
    1, 3, 5, 5,
  ])
  expect(quantile([], 0.5)).toBeNaN()
})
