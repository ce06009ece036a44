/**
 * Runs one bench and holds it against its budget: `npm run bench -- NAME [arguments]`. Prints the figures, each with its
 * budget, then one line that says it all, and exits with 1 when something falls short.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BenchResult, type Budget, sayBudget, sayNumber, shortfalls } from './figures.ts'

/** What every program beside this one exports. */
interface BenchProgram {
  run(args: string[]): Promise<BenchResult>
}

/** Files here that are no benches. */
const TOOLS = [
  'bd-rate.ts',
  'bench.ts',
  'figures.ts',
  'generated-people.ts',
  'generated-videos.ts',
  'generated-watches.ts',
  'kinds-of-content.ts',
  'search-load.ts',
]

async function main(name: string | undefined, args: string[]): Promise<number> {
  const names = (await readdir(import.meta.dirname))
    .filter((file) => file.endsWith('.ts') && !TOOLS.includes(file))
    .map((file) => file.slice(0, -3))
  if (name === undefined || !names.includes(name)) {
    console.error(`npm run bench -- NAME, where NAME is one of: ${names.join(' ')}`)
    return 2
  }
  const program = (await import(join(import.meta.dirname, `${name}.ts`))) as BenchProgram
  const all = JSON.parse(await readFile(join(import.meta.dirname, 'budgets.json'), 'utf8')) as Record<
    string,
    Record<string, Budget>
  >
  const budgets = all[name] ?? {}
  const { figures, ok = true, summary } = await program.run(args)
  const width = Math.max(0, ...Object.keys(figures).map((figure) => figure.length))
  for (const [figure, value] of Object.entries(figures)) {
    console.log(
      `${figure.padEnd(width)}  ${sayNumber(value).padStart(12)}  ${budgets[figure] ? sayBudget(budgets[figure]) : ''}`.trimEnd(),
    )
  }
  const short = shortfalls(figures, budgets)
  for (const line of short) console.log(`short: ${line}`)
  const passed = ok && short.length === 0
  console.log(`${name}: ${passed ? 'holds' : 'falls short'}: ${summary}`)
  return passed ? 0 : 1
}

if (process.argv[1] === import.meta.filename) process.exit(await main(process.argv[2], process.argv.slice(3)))
