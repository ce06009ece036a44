/** Avatar and banner of a channel: shown as visitors see them, changed, and taken away. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Channel } from '../../contract/channels.ts'
import { call, channelQuery } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { Face } from './face.tsx'
import { sendFile } from './send-file.ts'

const PICTURES = ['avatar', 'banner'] as const
const ACCEPTED = 'image/jpeg,image/png,image/webp,image/avif,image/gif'

export function ChannelPictures({ channel }: { channel: Channel }) {
  const queries = useQueryClient()
  const { handle } = channel
  const change = useMutation({
    mutationFn: async ({ picture, file }: { picture: (typeof PICTURES)[number]; file?: File }) => {
      if (file) await sendFile(`/api/channels/${handle}/pictures/${picture}`, file)
      else await call('removePicture', { params: { handle, picture } })
    },
    onSuccess: async () => {
      announce(say('app.saved'))
      await Promise.all(
        [channelQuery(handle).queryKey, ['me'], ['my-channels']].map((queryKey) =>
          queries.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
  return (
    <section className="panel stack" aria-labelledby="pictures">
      <h2 id="pictures">{say('channel.pictures')}</h2>
      <div className="channel-pictures">
        {channel.banner ? (
          <img className="channel-banner" src={channel.banner} alt="" width={2048} height={340} />
        ) : (
          <div className="channel-banner channel-no-banner">{say('channel.no_banner')}</div>
        )}
        <Face {...channel} size={96} />
      </div>
      <Trouble thrown={change.error} />
      <div className="row">
        {PICTURES.map((picture) => (
          <FileButton
            key={picture}
            label={say(`channel.${picture}_change`)}
            accept={ACCEPTED}
            onFile={(file) => change.mutate({ picture, file })}
          />
        ))}
        {PICTURES.filter((picture) => channel[picture]).map((picture) => (
          <Button key={picture} kind="quiet" disabled={change.isPending} onClick={() => change.mutate({ picture })}>
            {say(`channel.${picture}_remove`)}
          </Button>
        ))}
      </div>
      <p className="soft small" role="status">
        {change.isPending ? say('app.saving') : say('channel.pictures_hint')}
      </p>
    </section>
  )
}
