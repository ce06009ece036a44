/** Like and dislike, with their counts; shown at once and corrected by the answer. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Reactions } from '../../contract/reactions.ts'
import type { Video } from '../../contract/videos.ts'
import { call, useMe } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { shortCount } from '../ui/format.ts'
import { troubleText } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { reactionQuery } from './people-queries.ts'

export function ReactionButtons({ video }: { video: Video }) {
  const me = useMe()
  const queries = useQueryClient()
  const { queryKey } = reactionQuery(video.id)
  // Strangers have said nothing: the counts that came with the video are enough for them.
  const known = useQuery({ ...reactionQuery(video.id), enabled: Boolean(me) }).data
  const now: Reactions = known ?? { likes: video.likes, dislikes: video.dislikes, mine: 'none' }
  const react = useMutation({
    mutationFn: (reaction: Reactions['mine']) =>
      call('setReaction', { params: { videoId: video.id }, body: { reaction } }),
    onMutate: (reaction) => queries.setQueryData(queryKey, after(now, reaction)),
    onSuccess: (told) => {
      queries.setQueryData(queryKey, told)
      void queries.invalidateQueries({ queryKey: ['liked'] })
    },
    onError: (thrown) => {
      void queries.invalidateQueries({ queryKey })
      announce(troubleText(thrown))
    },
  })
  const signIn = useSignIn()
  const press = (word: 'like' | 'dislike') => (me ? react.mutate(now.mine === word ? 'none' : word) : signIn())
  return (
    <div className="row reactions">
      <Button
        size="small"
        icon="thumb"
        aria-pressed={now.mine === 'like'}
        aria-label={say('reaction.like', { count: now.likes })}
        onClick={() => press('like')}
      >
        {shortCount(now.likes)}
      </Button>
      <Button
        size="small"
        icon="thumb_down"
        aria-pressed={now.mine === 'dislike'}
        aria-label={say('reaction.dislike', { count: now.dislikes })}
        onClick={() => press('dislike')}
      >
        {shortCount(now.dislikes)}
      </Button>
    </div>
  )
}

function after(now: Reactions, reaction: Reactions['mine']): Reactions {
  const step = (word: 'like' | 'dislike') => Number(reaction === word) - Number(now.mine === word)
  return { likes: now.likes + step('like'), dislikes: now.dislikes + step('dislike'), mine: reaction }
}

/** Leads to the sign-in and back here. */
export function useSignIn(): () => void {
  const navigate = useNavigate()
  return () => void navigate({ to: '/sign-in', search: { to: location.pathname + location.search } })
}
