/** What administrators decide about the site in the browser, and what it announces. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { SiteSettings } from '../../contract/site.ts'
import { call } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { AreaField, SelectField, TextField } from '../ui/field.tsx'
import { moment } from '../ui/format.ts'
import { Icon } from '../ui/icon.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { say } from '../words/say.ts'
import { announcementsQuery, siteSettingsQuery } from './account-queries.ts'
import { AskForm } from './ask-form.tsx'
import { useStaffAct } from './staff.tsx'

const GB = 1024 ** 3
const POLICIES = ['open', 'approval', 'closed'] as const
/** Fields of whole numbers, with the least and the most that the contract takes. */
const NUMBERS = {
  newDays: [0, 365],
  newVideosPerDay: [0, 10_000],
  newCommentsPerHour: [0, 10_000],
  eagerShortSide: [0, 4320],
  completeAfterMinutes: [1, 1_000_000_000],
  secondCodecsAfterMinutes: [1, 1_000_000_000],
  evictAfterDays: [0, 3650],
} as const

export function Site() {
  const asked = useQuery(siteSettingsQuery)
  return (
    <section className="panel stack" aria-labelledby="site">
      <h2 id="site">{say('staff.site')}</h2>
      <Trouble thrown={asked.error} />
      {asked.data ? <SiteForm kept={asked.data} /> : null}
    </section>
  )
}

function SiteForm({ kept }: { kept: SiteSettings }) {
  const act = useStaffAct()
  const queries = useQueryClient()
  const [signUp, setSignUp] = useState(kept.signUp)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    const words = (name: string) => String(given.get(name) ?? '')
    const number = (name: keyof typeof NUMBERS) => Number(given.get(name))
    const body = {
      name: words('name'),
      summary: words('summary'),
      about: words('about'),
      terms: words('terms'),
      signUp,
      review: given.get('review') === 'on',
      verifiedOnly: given.get('verifiedOnly') === 'on',
      newDays: number('newDays'),
      newVideosPerDay: number('newVideosPerDay'),
      newCommentsPerHour: number('newCommentsPerHour'),
      eagerShortSide: number('eagerShortSide'),
      completeAfterMinutes: number('completeAfterMinutes'),
      secondCodecsAfterMinutes: number('secondCodecsAfterMinutes'),
      evictAfterDays: number('evictAfterDays'),
      quotaBytes: Math.round(Number(given.get('quota')) * GB),
    }
    act.mutate(async () => {
      await call('setSiteSettings', { body })
      await queries.invalidateQueries({ queryKey: ['site'] })
    })
  }
  return (
    <form className="stack" onSubmit={submit}>
      <TextField name="name" label={say('staff.site_name')} defaultValue={kept.name} maxLength={60} required />
      <TextField
        name="summary"
        label={say('staff.site_summary')}
        hint={say('staff.site_summary_hint')}
        defaultValue={kept.summary}
        maxLength={300}
      />
      <AreaField name="about" label={say('staff.site_about')} defaultValue={kept.about} maxLength={20_000} />
      <AreaField name="terms" label={say('staff.site_terms')} defaultValue={kept.terms} maxLength={50_000} />
      <div className="pair">
        <SelectField
          label={say('staff.sign_up_policy')}
          value={signUp}
          options={POLICIES.map((it) => [it, say(`staff.sign_up.${it}`)] as const)}
          onChoose={setSignUp}
        />
        <TextField
          name="quota"
          label={say('staff.quota_new')}
          type="number"
          min={0}
          max={4_000_000}
          step="any"
          required
          defaultValue={Math.round((kept.quotaBytes / GB) * 10) / 10}
        />
        {(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).map((name) => (
          <TextField
            key={name}
            name={name}
            label={say(`staff.limit.${name}`)}
            type="number"
            min={NUMBERS[name][0]}
            max={NUMBERS[name][1]}
            step={1}
            required
            defaultValue={kept[name]}
          />
        ))}
      </div>
      <label className="tick">
        <input type="checkbox" name="review" defaultChecked={kept.review} />
        {say('staff.review_first')}
      </label>
      <label className="tick">
        <input type="checkbox" name="verifiedOnly" defaultChecked={kept.verifiedOnly} />
        {say('staff.verified_only')}
      </label>
      <Trouble thrown={act.error} />
      <div className="ends">
        {act.isSuccess ? (
          <span className="saved" role="status">
            <Icon name="check" />
            {say('app.saved')}
          </span>
        ) : null}
        <Button type="submit" kind="main" disabled={act.isPending}>
          {say('app.save')}
        </Button>
      </div>
    </form>
  )
}

/** Empty for what was left open. */
function timeOf(given: string | undefined): string | undefined {
  const at = Date.parse(given ?? '')
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

export function AnnouncementForms() {
  const act = useStaffAct()
  const listing = useQuery(announcementsQuery)
  const [kind, setKind] = useState<'note' | 'warning'>('note')
  const items = listing.data?.items ?? []
  return (
    <section className="panel stack" aria-labelledby="announcements">
      <h2 id="announcements">{say('staff.announcements')}</h2>
      <Trouble thrown={listing.error ?? act.error} />
      {listing.isSuccess && items.length === 0 ? <p className="soft">{say('staff.no_announcements')}</p> : null}
      <ul className="rows lined">
        {items.map((it) => (
          <li key={it.id} className="row spread">
            <span className="stack">
              <span className="row">
                <Icon name={it.kind === 'warning' ? 'warn' : 'megaphone'} />
                <span dir="auto">{it.words}</span>
              </span>
              <span className="soft small">
                {it.until === undefined
                  ? say('staff.announced_from', { from: moment(it.from) })
                  : say('staff.announced_between', { from: moment(it.from), until: moment(it.until) })}
              </span>
            </span>
            <Button
              size="small"
              disabled={act.isPending}
              aria-label={`${say('settings.remove')}: ${it.words}`}
              onClick={() => act.mutate(() => call('withdrawAnnouncement', { params: { announcementId: it.id } }))}
            >
              {say('settings.remove')}
            </Button>
          </li>
        ))}
      </ul>
      <AskForm
        fields={[
          { name: 'words', label: say('staff.announcement'), maxLength: 500 },
          { name: 'from', label: say('staff.announce_from'), type: 'datetime-local', required: false },
          { name: 'until', label: say('staff.announce_until'), type: 'datetime-local', required: false },
        ]}
        button={say('staff.announce')}
        renews={[['staff', 'announcements'], ['site']]}
        onSend={(given) => {
          const [from, until] = [timeOf(given.from), timeOf(given.until)]
          const times = { ...(from ? { from } : {}), ...(until ? { until } : {}) }
          return call('announce', { body: { words: given.words ?? '', kind, ...times } })
        }}
      >
        <SelectField
          label={say('staff.announce_kind')}
          value={kind}
          options={(['note', 'warning'] as const).map((it) => [it, say(`staff.announce_kind.${it}`)] as const)}
          onChoose={setKind}
        />
      </AskForm>
    </section>
  )
}
