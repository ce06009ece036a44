/**
 * A list that may be thousands long: rows far from the window are folded away, some at a time, into a space of the height
 * they had, so that a page stays as light as what is seen of it. Nothing moves by it, and what has the focus stays.
 */
import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react'

/** Rows that are folded and unfolded together. */
const CHUNK = 20
/** Shorter lists are cheap enough as they are. */
const FOLD_FROM = 4 * CHUNK
/** How far from the window rows are kept. */
const MARGIN = '1500px 0px'

interface LongListProps<Item> {
  items: readonly Item[]
  idOf: (item: Item) => string
  row: (item: Item, index: number) => ReactNode
  /** What the element of a row needs beside its content. */
  rowProps?: (item: Item, index: number) => ComponentProps<'li'>
  className?: string
  ordered?: boolean
}

export function LongList<Item>({ items, idOf, row, rowProps, className = 'rows', ordered }: LongListProps<Item>) {
  const list = useRef<HTMLElement>(null)
  const [folded, setFolded] = useState<ReadonlyMap<number, number>>(() => new Map())
  const count = items.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that were unfolded are other elements, to be watched anew
  useEffect(() => {
    const box = list.current
    if (box && count >= FOLD_FROM) return watchRows(box, setFolded)
    setFolded((before) => (before.size === 0 ? before : new Map()))
  }, [count, folded])
  const rows: ReactNode[] = []
  for (let chunk = 0; chunk * CHUNK < count; chunk++) {
    const height = folded.get(chunk)
    if (height !== undefined) {
      rows.push(<li key={`fold ${chunk}`} data-chunk={chunk} data-folded aria-hidden="true" style={{ height }} />)
      continue
    }
    for (let index = chunk * CHUNK; index < Math.min(count, (chunk + 1) * CHUNK); index++) {
      const item = items[index] as Item
      rows.push(
        <li
          key={idOf(item)}
          data-chunk={chunk}
          aria-setsize={count}
          aria-posinset={index + 1}
          {...rowProps?.(item, index)}
        >
          {row(item, index)}
        </li>,
      )
    }
  }
  if (ordered)
    return (
      <ol ref={list as React.RefObject<HTMLOListElement | null>} className={className}>
        {rows}
      </ol>
    )
  return (
    <ul ref={list as React.RefObject<HTMLUListElement | null>} className={className}>
      {rows}
    </ul>
  )
}

type SetFolded = (change: (before: ReadonlyMap<number, number>) => ReadonlyMap<number, number>) => void

/** Folds chunks of which no row is near, with the height they have now, and unfolds those that come near. */
function watchRows(box: HTMLElement, setFolded: SetFolded): () => void {
  const near = new Map<Element, boolean>()
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) near.set(entry.target, entry.isIntersecting)
      setFolded((before) => foldedNow(box, near, before))
    },
    { rootMargin: MARGIN },
  )
  for (const row of box.children) watcher.observe(row)
  return () => watcher.disconnect()
}

function foldedNow(
  box: HTMLElement,
  near: ReadonlyMap<Element, boolean>,
  before: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const chunks = Map.groupBy(box.children as Iterable<HTMLElement>, (row) => Number(row.dataset.chunk))
  const after = new Map<number, number>()
  for (const [chunk, rows] of chunks) {
    const wanted = rows.some((row) => near.get(row) !== false || row.contains(document.activeElement))
    const first = rows[0]?.getBoundingClientRect().top ?? 0
    const last = rows.at(-1)?.getBoundingClientRect().bottom ?? first
    if (!wanted) after.set(chunk, before.get(chunk) ?? last - first)
  }
  const same = after.size === before.size && [...after.keys()].every((chunk) => before.has(chunk))
  return same ? before : after
}
