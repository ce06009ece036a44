/** Of what an account wants to hear, and how: here, by e-mail, or pushed to this browser. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { NotificationSetting } from '../../contract/notifications.ts'
import { call } from '../api.ts'
import { announce } from '../ui/announce.ts'
import { Button } from '../ui/button.tsx'
import { ago } from '../ui/format.ts'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { notificationSettingsQuery } from './people-queries.ts'
import { canPush, endPush, startPush } from './push.ts'

const WAYS = ['inApp', 'byEmail', 'byPush'] as const

export function NotificationSettings() {
  const queries = useQueryClient()
  const settings = useQuery(notificationSettingsQuery)
  const save = useMutation({
    mutationFn: (item: NotificationSetting) => call('setNotificationSettings', { body: { items: [item] } }),
    onSuccess: (told) => {
      queries.setQueryData(notificationSettingsQuery.queryKey, told)
      announce(say('app.saved'))
    },
  })
  return (
    <section className="panel stack" aria-labelledby="wanted">
      <h2 id="wanted">{say('notification.settings')}</h2>
      <Trouble thrown={settings.error ?? save.error} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard (WCAG 2.1.1) */}
      <section className="wide-frame" tabIndex={0} aria-labelledby="wanted">
        <table className="wanted">
          <thead>
            <tr>
              <th scope="col">{say('notification.kind')}</th>
              {WAYS.map((way) => (
                <th key={way} scope="col">
                  {say(`notification.way.${way}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(settings.data?.items ?? []).map((it) => (
              <tr key={it.kind}>
                <th scope="row">{say(`notification.kind.${it.kind}`)}</th>
                {WAYS.map((way) => (
                  <td key={way}>
                    <input
                      type="checkbox"
                      aria-label={`${say(`notification.kind.${it.kind}`)}: ${say(`notification.way.${way}`)}`}
                      checked={save.isPending && save.variables.kind === it.kind ? save.variables[way] : it[way]}
                      onChange={() => save.mutate({ ...it, [way]: !it[way] })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

const pushQuery = { queryKey: ['push'], queryFn: () => call('getPush') }

/** Whether this browser takes pushes, and which others of the account do. */
export function PushSwitch() {
  const queries = useQueryClient()
  const asked = useQuery(pushQuery)
  const items = asked.data?.items ?? []
  const here = items.find((it) => it.current)
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSettled: () => queries.invalidateQueries({ queryKey: pushQuery.queryKey }),
  })
  const able = canPush()
  return (
    <section className="panel stack" aria-labelledby="push">
      <h2 id="push">{say('push.title')}</h2>
      <Trouble thrown={asked.error ?? act.error} />
      {able === 'yes' ? (
        <label className="row check">
          <input
            type="checkbox"
            checked={here !== undefined}
            disabled={act.isPending || !asked.data}
            onChange={() => act.mutate(() => (here ? endPush(here.id) : startPush(asked.data?.key ?? '')))}
          />
          {say('push.here')}
        </label>
      ) : (
        <p className="soft">{say(`push.able.${able}`)}</p>
      )}
      <ul className="rows lined">
        {items
          .filter((it) => !it.current)
          .map((it) => (
            <li key={it.id} className="row spread">
              <span className="stack">
                <span dir="auto">{it.browser}</span>
                <span className="soft small">{ago(it.created)}</span>
              </span>
              <Button
                size="small"
                disabled={act.isPending}
                onClick={() => act.mutate(() => call('removePush', { params: { pushId: it.id } }))}
              >
                {say('settings.remove')}
              </Button>
            </li>
          ))}
      </ul>
    </section>
  )
}
