/** How well it plays: percentiles of start-up time, bit rate and network, by device, country, network or height of the picture. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { SelectField } from '../ui/field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say, speaking } from '../words/say.ts'
import { type Period, type Subject, spreadQuery } from './analytics-queries.ts'

const QUANTITIES = ['startupMs', 'bitsPerSecond', 'throughput', 'bufferMs'] as const
type Quantity = (typeof QUANTITIES)[number]
const SPLITS = ['device', 'country', 'network', 'height', 'all'] as const
type Split = (typeof SPLITS)[number]

export function PlaybackQuality({ subject, period }: { subject: Subject; period: Period }) {
  const [quantity, setQuantity] = useState<Quantity>('startupMs')
  const [split, setSplit] = useState<Split>('device')
  const { data, error } = useQuery(spreadQuery(subject, period, quantity, split))
  return (
    <section>
      <h2>{say('figures.quality')}</h2>
      <div className="figure-choices">
        <SelectField
          label={say('figures.show')}
          value={quantity}
          options={QUANTITIES.map((it) => [it, say(`figures.quality.${it}`)] as const)}
          onChoose={setQuantity}
        />
        <SelectField
          label={say('figures.split')}
          value={split}
          options={SPLITS.map((it) => [it, say(`figures.split.${it}`)] as const)}
          onChoose={setSplit}
        />
      </div>
      <Trouble thrown={error} />
      {data && data.rows.length === 0 ? <p className="soft">{say('figures.nothing_told')}</p> : null}
      {data && data.rows.length > 0 ? <Spread quantity={quantity} split={split} rows={data.rows} /> : null}
    </section>
  )
}

interface Row {
  member: string
  p50: number
  p95: number
  p99: number
}

function Spread({ quantity, split, rows }: { quantity: Quantity; split: Split; rows: readonly Row[] }) {
  const title = say(`figures.quality.${quantity}`)
  const write = quantity === 'startupMs' || quantity === 'bufferMs' ? seconds : bitRate
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard (WCAG 2.1.1)
    <section className="table-frame" tabIndex={0} aria-label={title}>
      <table aria-label={title}>
        <thead>
          <tr>
            <th scope="col">{say(`figures.split.${split}`)}</th>
            <th scope="col">{say('figures.half')}</th>
            <th scope="col">95 %</th>
            <th scope="col">99 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.member}>
              <th scope="row">{memberName(split, row.member)}</th>
              <td>{write(row.p50)}</td>
              <td>{write(row.p95)}</td>
              <td>{write(row.p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function memberName(split: Split, member: string): string {
  if (split === 'device') return say(`figures.device.${member}` as 'figures.device.phone')
  if (split === 'network') return say(`figures.network.${member}` as 'figures.network.wifi')
  if (split === 'country') return countryName(member)
  return split === 'height' ? `${member}p` : say('figures.split.all')
}

export function countryName(code: string): string {
  return new Intl.DisplayNames([speaking()], { type: 'region', fallback: 'code' }).of(code) ?? code
}

function seconds(ms: number): string {
  const form = { style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 2 } as const
  return new Intl.NumberFormat(speaking(), form).format(ms / 1000)
}

function bitRate(bitsPerSecond: number): string {
  const form = { style: 'unit', unit: 'megabit-per-second', unitDisplay: 'short', maximumFractionDigits: 1 } as const
  return new Intl.NumberFormat(speaking(), form).format(bitsPerSecond / 1e6)
}
