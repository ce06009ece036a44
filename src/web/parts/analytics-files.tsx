/** Figures to take away: as CSV for a table calculation, as Parquet for tools that work on columns. */
import type { Series } from '../../contract/analytics.ts'
import { say } from '../words/say.ts'
import { csvOf, type Period, parquetOf } from './analytics-queries.ts'

export function Downloads({ series, period }: { series: Series; period: Period }) {
  const name = `figures-${period.from.slice(0, 10)}`
  return (
    <>
      <a
        className="button"
        href={`data:text/csv;charset=utf-8,${encodeURIComponent(csvOf(series, period))}`}
        download={`${name}.csv`}
      >
        {say('figures.csv')}
      </a>
      <button type="button" className="button" onClick={() => void saveParquet(series, period, `${name}.parquet`)}>
        {say('figures.parquet')}
      </button>
    </>
  )
}

async function saveParquet(series: Series, period: Period, name: string): Promise<void> {
  const file = new Blob([await parquetOf(series, period)], { type: 'application/vnd.apache.parquet' })
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
