/** Webhooks of the account: what each is told of, whether it is on, and what it was told and answered. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Webhook, WebhookDelivery } from '../../contract/webhooks.ts'
import { call } from '../api.ts'
import { useAct } from '../ui/act.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { ago } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { webhooksQuery } from './account-queries.ts'
import { AskForm } from './ask-form.tsx'
import { Once } from './own-keys.tsx'
import { More } from './video-grid.tsx'

/** As the contract has them; named here, since the contract itself does not travel to browsers. */
const EVENTS = ['video.published', 'video.ready', 'video.failed', 'comment.created'] as const

const deliveriesQuery = (webhookId: string) =>
  infiniteQueryOptions({
    queryKey: ['webhooks', webhookId, 'deliveries'],
    queryFn: ({ pageParam }) =>
      call('listDeliveries', {
        params: { webhookId },
        query: { limit: 20, ...(pageParam === '' ? {} : { after: pageParam }) },
      }),
    initialPageParam: '',
    getNextPageParam: (page: { next?: string | undefined }) => page.next,
  })

export function Webhooks() {
  const listing = useQuery(webhooksQuery)
  const [secret, setSecret] = useState<string>()
  return (
    <section className="panel stack" aria-labelledby="webhooks">
      <h2 id="webhooks">{say('settings.webhooks')}</h2>
      <Trouble thrown={listing.error} />
      <ul className="rows lined">
        {(listing.data?.items ?? []).map((it) => (
          <li key={it.id}>
            <OneWebhook it={it} />
          </li>
        ))}
      </ul>
      {secret ? <Once secret={secret} /> : null}
      <AskForm
        fields={[{ name: 'address', label: say('settings.webhook_address'), type: 'url', maxLength: 500, dir: 'ltr' }]}
        button={say('settings.webhook_make')}
        renews={[webhooksQuery.queryKey]}
        onSend={async (given) => {
          const events = EVENTS.filter((event) => given[event] === 'on')
          const made = await call('createWebhook', { body: { address: given.address ?? '', events } })
          setSecret(made.secret)
        }}
      >
        <fieldset className="row">
          <legend className="out-of-sight">{say('webhook.events')}</legend>
          {EVENTS.map((event) => (
            <label key={event} className="tick">
              <input type="checkbox" name={event} defaultChecked={event !== 'video.ready'} />
              {say(`webhook.event.${event}`)}
            </label>
          ))}
        </fieldset>
      </AskForm>
    </section>
  )
}

function OneWebhook({ it }: { it: Webhook }) {
  const act = useAct(webhooksQuery.queryKey)
  const [open, setOpen] = useState(false)
  const [removing, setRemoving] = useState(false)
  const params = { webhookId: it.id }
  const toggle = (event: (typeof EVENTS)[number]) => {
    const events = it.events.includes(event) ? it.events.filter((one) => one !== event) : [...it.events, event]
    if (events.length > 0) act.mutate(() => call('changeWebhook', { params, body: { events } }))
  }
  return (
    <article className="stack">
      <div className="row spread">
        <strong dir="ltr">{it.address}</strong>
        <span className="badge" data-kind={it.active ? 'good' : 'bad'}>
          {it.active ? say('webhook.on') : say('settings.webhook_off')}
        </span>
      </div>
      {it.failures > 0 ? <p className="soft small">{say('webhook.failures', { count: it.failures })}</p> : null}
      <fieldset className="row">
        <legend className="out-of-sight">{say('webhook.events')}</legend>
        {EVENTS.map((event) => (
          <label key={event} className="tick">
            <input
              type="checkbox"
              checked={it.events.includes(event)}
              disabled={act.isPending}
              onChange={() => toggle(event)}
            />
            {say(`webhook.event.${event}`)}
          </label>
        ))}
      </fieldset>
      <Trouble thrown={act.error} />
      <div className="row">
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {say('webhook.deliveries')}
        </Button>
        <Button
          size="small"
          disabled={act.isPending}
          onClick={() => act.mutate(() => call('changeWebhook', { params, body: { active: !it.active } }))}
        >
          {it.active ? say('webhook.turn_off') : say('webhook.turn_on')}
        </Button>
        <Button size="small" kind="danger" icon="bin" onClick={() => setRemoving(true)}>
          {say('settings.remove')}
        </Button>
      </div>
      {open ? <Deliveries webhookId={it.id} /> : null}
      {removing ? (
        <Confirm
          title={say('webhook.remove_title')}
          button={say('settings.remove')}
          onClose={() => setRemoving(false)}
          onConfirm={() => act.mutateAsync(() => call('removeWebhook', { params }))}
        >
          <p dir="ltr">{it.address}</p>
        </Confirm>
      ) : null}
    </article>
  )
}

const STATE_KINDS = { waiting: 'warn', delivered: 'good', failed: 'bad' } as const

function Deliveries({ webhookId }: { webhookId: string }) {
  const listing = useInfiniteQuery(deliveriesQuery(webhookId))
  const act = useAct(deliveriesQuery(webhookId).queryKey)
  const items: WebhookDelivery[] = listing.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <div className="stack">
      <Trouble thrown={listing.error ?? act.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('webhook.no_deliveries')}</p> : null}
      <ul className="rows lined">
        {items.map((it) => (
          <li key={it.id}>
            <details>
              <summary>
                <span className="badge" data-kind={STATE_KINDS[it.state]}>
                  {say(`webhook.state.${it.state}`)}
                </span>{' '}
                <bdi>{it.event}</bdi>{' '}
                <span className="soft small">
                  {ago(it.created)}
                  {it.status === undefined ? '' : ` · ${it.status}`}
                  {it.tookMs === undefined ? '' : ` · ${it.tookMs} ms`}
                  {` · ${say('staff.attempts', { count: it.attempts })}`}
                </span>
              </summary>
              <div className="stack">
                {it.said ? (
                  <pre className="log" dir="ltr">
                    {it.said}
                  </pre>
                ) : null}
                <pre className="log" dir="ltr">
                  {JSON.stringify(it.body, null, 2)}
                </pre>
                <div>
                  <Button
                    size="small"
                    disabled={act.isPending}
                    onClick={() => act.mutate(() => call('redeliver', { params: { webhookId, deliveryId: it.id } }))}
                  >
                    {say('webhook.again')}
                  </Button>
                </div>
              </div>
            </details>
          </li>
        ))}
      </ul>
      <More listing={listing} />
    </div>
  )
}
