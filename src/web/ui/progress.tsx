/** A bar that fills, and says how far it is to those who listen. */
import { percent } from './format.ts'

/** `part` of one. The bar is moved by transform, so that a page full of them costs no layout. */
export function ProgressBar({ part, label }: { part: number; label: string }) {
  const share = Math.min(1, Math.max(0, part))
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(share * 100)}
      aria-valuetext={percent(share)}
    >
      <span style={{ transform: `scaleX(${share})` }} />
    </div>
  )
}
