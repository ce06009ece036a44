/** Text from people: line breaks kept, addresses as links, in the direction of its own script. */
import { Fragment, useMemo } from 'react'
import { linkify, type Piece, withTimes } from './linkify.ts'
import { SeekButton } from './seek.tsx'

/** With `times`, those in the text lead to their place in the video of the page. */
export function PlainText({ text, times = false }: { text: string; times?: boolean }) {
  const paragraphs = useMemo(() => text.split(/\n{2,}/), [text])
  return (
    <div className="plain-text">
      {paragraphs.map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the paragraphs of one text never change places
        <p key={index} dir="auto">
          {(times ? withTimes(linkify(paragraph)) : linkify(paragraph)).map((piece, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <Fragment key={at}>{draw(piece)}</Fragment>
          ))}
        </p>
      ))}
    </div>
  )
}

function draw({ text, href, seconds }: Piece) {
  if (seconds !== undefined) return <SeekButton text={text} seconds={seconds} />
  if (href === undefined) return text
  return (
    <a href={href} rel="nofollow ugc noopener" target="_blank">
      {text}
    </a>
  )
}
