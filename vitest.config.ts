/**
 * How the tests are run: one PostgreSQL for all of them, and no more files at a time than the machine bears. The processes that run them
 * go on from file to file: the program is loaded once in each and not once for every file, and its houses share nothing.
 */
import { defineConfig } from 'vitest/config'
import { LongFirst } from './test/support/order.ts'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'test/bench/**'],
    globalSetup: ['test/support/setup.ts'],
    pool: 'forks',
    isolate: false,
    unstubEnvs: true,
    // What is waited for is seldom late by much, but a machine with two cores may be busy with something else.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 90_000,
    teardownTimeout: 30_000,
  },
})
