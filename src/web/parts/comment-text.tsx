/** The text of a comment, drawn from the tree of its Markdown: elements only, never markup from outside. */
import { Link } from '@tanstack/react-router'
import { Fragment, type ReactNode, useMemo } from 'react'
import type { VitascopePlayer } from '../../player/player.ts'
import { say } from '../words/say.ts'
import { type Block, type Inline, readMarkdown } from './markdown.ts'

export function CommentText({ text }: { text: string }) {
  const blocks = useMemo(() => readMarkdown(text), [text])
  return <div className="comment-text">{blocks.map((block, index) => drawBlock(block, index))}</div>
}

function drawBlock(block: Block, key: number): ReactNode {
  if (block.kind === 'code') return <pre key={key}>{block.text}</pre>
  if (block.kind === 'list') {
    const items = block.items.map((item, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
      <li key={index} dir="auto">
        {drawAll(item)}
      </li>
    ))
    return block.ordered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>
  }
  const inside = (
    <p key={key} dir="auto">
      {drawAll(block.inside)}
    </p>
  )
  return block.kind === 'quote' ? <blockquote key={key}>{inside}</blockquote> : inside
}

function drawAll(pieces: Inline[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  return pieces.map((piece, index) => <Fragment key={index}>{draw(piece)}</Fragment>)
}

function draw(piece: Inline): ReactNode {
  switch (piece.kind) {
    case 'text':
      return piece.text
    case 'break':
      return <br />
    case 'code':
      return <code>{piece.text}</code>
    case 'strong':
      return <strong>{drawAll(piece.inside)}</strong>
    case 'emphasis':
      return <em>{drawAll(piece.inside)}</em>
    case 'strike':
      return <s>{drawAll(piece.inside)}</s>
    case 'link':
      return (
        <a href={piece.href} rel="nofollow ugc noopener" target="_blank">
          {piece.href}
        </a>
      )
    case 'mention':
      return (
        <Link to="/@{$handle}" params={{ handle: piece.handle }}>
          @{piece.handle}
        </Link>
      )
    case 'time':
      return (
        <button
          type="button"
          className="as-link"
          aria-label={say('comment.seek', { time: piece.text })}
          onClick={() => seek(piece.seconds)}
        >
          {piece.text}
        </button>
      )
  }
}

/** Takes the player of this page to a place, and the page to the player. */
function seek(seconds: number): void {
  const player = document.querySelector<VitascopePlayer>('vitascope-player')
  if (!player) return
  player.seekTo(seconds * 1000)
  player.play()
  player.scrollIntoView({
    block: 'nearest',
    behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
  })
}
