/**
 * A line over time that can be read in three ways: by looking and pointing, with the arrow keys (a screen reader says each
 * value), and as a table.
 */
import { type PointerEvent, useId, useState } from 'react'
import './chart.css'

export interface ChartPoint {
  /** What stands below the point: a day, an hour, a place in a video. */
  label: string
  value: number
}

interface ChartProps {
  title: string
  points: ChartPoint[]
  /** A value in words: `1,234`, `2 h 10 min`. */
  write: (value: number) => string
  /** A second line for comparison, drawn thin; as many points. */
  before?: { title: string; points: ChartPoint[] } | undefined
  /** Headings of the table, and the word that opens it. */
  words: { label: string; value: string; table: string; move: string }
}

const WIDTH = 800
const HEIGHT = 220
const FOOT = 24
/** Room above the greatest value, where it is written. */
const HEAD = 24

export function Chart({ title, points, write, before, words }: ChartProps) {
  const [chosen, setChosen] = useState<number>()
  const id = useId()
  const most = Math.max(1e-9, ...points.map((it) => it.value), ...(before?.points ?? []).map((it) => it.value))
  // A single point is drawn as a level line: by itself it would be nothing to see.
  const last = Math.max(1, points.length - 1)
  const x = (index: number) => (index / last) * WIDTH
  const y = (value: number) => HEIGHT - Math.max(0, value / most) * (HEIGHT - HEAD)
  const lineOf = (line: ChartPoint[]) =>
    (line.length === 1 ? [...line, ...line] : line)
      .map((it, index) => `${index ? 'L' : 'M'}${x(index).toFixed(1)} ${y(it.value).toFixed(1)}`)
      .join('')
  const line = lineOf(points)
  const at = chosen === undefined ? undefined : points[Math.min(chosen, points.length - 1)]
  const saysPoint = (it: ChartPoint) => `${it.label}: ${write(it.value)}`

  function point(event: PointerEvent<HTMLDivElement>) {
    const box = event.currentTarget.getBoundingClientRect()
    setChosen(
      Math.max(
        0,
        Math.min(points.length - 1, Math.round(((event.clientX - box.left) / box.width) * (points.length - 1))),
      ),
    )
  }

  return (
    <figure className="chart">
      <figcaption id={id}>
        {title}
        <output className="chart-value" aria-live="off">
          {at ? saysPoint(at) : ''}
        </output>
      </figcaption>
      <div className="chart-picture" onPointerMove={point} onPointerLeave={() => setChosen(undefined)}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} aria-hidden="true" preserveAspectRatio="none">
          {[0.25, 0.5, 0.75, 1].map((share) => (
            <line key={share} x1="0" x2={WIDTH} y1={y(most * share)} y2={y(most * share)} className="chart-rule" />
          ))}
          <path d={`${line}L${x(last)} ${HEIGHT}L${x(0)} ${HEIGHT}Z`} className="chart-area" />
          {before ? <path d={lineOf(before.points)} className="chart-before" /> : null}
          <path d={line} className="chart-line" />
          {at ? <line x1={x(chosen!)} x2={x(chosen!)} y1="0" y2={HEIGHT} className="chart-cursor" /> : null}
        </svg>
        <span className="chart-most">{write(most)}</span>
        <input
          type="range"
          className="chart-keys"
          min={0}
          max={Math.max(0, points.length - 1)}
          value={chosen ?? 0}
          aria-label={`${title}: ${words.move}`}
          aria-valuetext={saysPoint(points[chosen ?? 0] ?? { label: '', value: 0 })}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
          onFocus={() => setChosen((now) => now ?? 0)}
        />
      </div>
      <p className="chart-ends small soft" aria-hidden="true">
        <span>{points[0]?.label}</span>
        <span>{points.at(-1)?.label}</span>
      </p>
      <details className="chart-table">
        <summary>{words.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard (WCAG 2.1.1) */}
        <section className="table-frame" tabIndex={0} aria-labelledby={id}>
          <table aria-labelledby={id}>
            <thead>
              <tr>
                <th scope="col">{words.label}</th>
                <th scope="col">{words.value}</th>
                {before ? <th scope="col">{before.title}</th> : null}
              </tr>
            </thead>
            <tbody>
              {points.map((it, index) => (
                <tr key={x(index)}>
                  <th scope="row">{it.label}</th>
                  <td>{write(it.value)}</td>
                  {before ? <td>{write(before.points[index]?.value ?? 0)}</td> : null}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  )
}
