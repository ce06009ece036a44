/** Text from people: line breaks kept, addresses as links, in the direction of its own script. */
import { Fragment, useMemo } from 'react'
import { linkify } from './linkify.ts'

export function PlainText({ text }: { text: string }) {
  const paragraphs = useMemo(() => text.split(/\n{2,}/), [text])
  return (
    <div className="plain-text">
      {paragraphs.map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the paragraphs of one text never change places
        <p key={index} dir="auto">
          {linkify(paragraph).map((piece, at) =>
            piece.href ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <a key={at} href={piece.href} rel="nofollow ugc noopener" target="_blank">
                {piece.text}
              </a>
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <Fragment key={at}>{piece.text}</Fragment>
            ),
          )}
        </p>
      ))}
    </div>
  )
}
