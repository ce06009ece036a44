/** The text of a comment, drawn from the tree of its Markdown: elements only, never markup from outside. */
import { Link } from '@tanstack/react-router'
import { Fragment, type ReactNode, useMemo } from 'react'
import { type Block, type Inline, readMarkdown } from './markdown.ts'
import { SeekButton } from './seek.tsx'

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
      return <SeekButton text={piece.text} seconds={piece.seconds} />
  }
}
