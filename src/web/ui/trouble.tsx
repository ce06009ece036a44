/** A failed call, in words a person can act on. */
import { CallFailed } from '../../contract/client.ts'
import { say, sayRefusal } from '../words/say.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

/** The sentence of whatever was thrown. */
export function troubleText(thrown: unknown): string {
  if (!(thrown instanceof CallFailed)) return say('trouble.hint')
  if (thrown.status === 0) return say('trouble.unreachable')
  if (!thrown.problem || thrown.code === 'fault') return say('trouble.hint')
  return sayRefusal(thrown.code, thrown.message)
}

/** Says what went wrong, at once also to those who listen. Shows nothing for nothing. */
export function Trouble({ thrown }: { thrown: unknown }) {
  if (!thrown) return null
  return (
    <div className="notice" data-kind="bad" role="alert">
      <Icon name="warn" />
      <p>{troubleText(thrown)}</p>
    </div>
  )
}

/** In the place of a list that did not come: why, and a button to ask again. */
export function TroubleInstead({ listing }: { listing: { error: unknown; refetch(): unknown } }) {
  return (
    <div className="stack">
      <Trouble thrown={listing.error} />
      <div>
        <Button onClick={() => listing.refetch()}>{say('app.retry')}</Button>
      </div>
    </div>
  )
}
