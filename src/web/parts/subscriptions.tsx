/** Following a channel: the button, and the bell that says whether each new video is told of. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Subscription } from '../../contract/subscriptions.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { shortCount } from '../ui/format.ts'
import { troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { subscriptionQuery } from './people-queries.ts'
import { useSignIn } from './reactions.tsx'

export function SubscribeButton({ handle }: { handle: string }) {
  const me = useMe()
  const queries = useQueryClient()
  const signIn = useSignIn()
  const { queryKey } = subscriptionQuery(handle)
  const now = useQuery(subscriptionQuery(handle)).data
  const change = useMutation({
    mutationFn: (wanted: 'all' | 'none' | 'leave'): Promise<Subscription> =>
      wanted === 'leave'
        ? call('unsubscribe', { params: { handle } })
        : call('subscribe', { params: { handle }, body: { notify: wanted } }),
    onSuccess: (told) => {
      queries.setQueryData(queryKey, told)
      for (const key of ['feed', 'subscriptions']) void queries.invalidateQueries({ queryKey: [key] })
      announce(told.subscribed ? say('subscription.done') : say('subscription.left'))
    },
    onError: (thrown) => announce(troubleText(thrown)),
  })
  if (!now || me?.channel.handle === handle) return null
  return (
    <div className="row">
      <Button
        size="small"
        {...(now.subscribed ? {} : { kind: 'main' as const })}
        disabled={change.isPending}
        onClick={() => (me ? change.mutate(now.subscribed ? 'leave' : 'all') : signIn())}
      >
        {now.subscribed ? say('subscription.leave') : say('subscription.subscribe')} · {shortCount(now.subscribers)}
      </Button>
      {now.subscribed ? (
        <Button
          size="small"
          icon="bell"
          aria-pressed={now.notify === 'all'}
          aria-label={say('subscription.notify')}
          onClick={() => change.mutate(now.notify === 'all' ? 'none' : 'all')}
        />
      ) : null}
    </div>
  )
}
