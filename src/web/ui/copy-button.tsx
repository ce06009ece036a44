/** Puts words on the clipboard, and says so. They stand beside it, for browsers that give pages none. */
import { say } from '../words/say.ts'
import { announce } from './announce.ts'
import { Button } from './button.tsx'

/** `label` says what is copied, to those who do not see what the button stands beside. */
export function CopyButton({ label, words }: { label: string; words: string }) {
  const copy = async () => {
    await navigator.clipboard?.writeText(words).catch(() => undefined)
    announce(say('watch.copied'))
  }
  return (
    <Button size="small" onClick={copy} aria-label={`${say('share.copy')}: ${label}`}>
      {say('share.copy')}
    </Button>
  )
}
