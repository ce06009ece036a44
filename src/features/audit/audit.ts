/** The book of what staff does: every act is written in the transaction that does it, and never altered. */
import type { StaffAct } from '../../contract/administration.ts'
import { newId } from '../../kit/ids.ts'
import { cutPage } from '../../kit/places.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { askedPlace, nextOf, type PageAsked } from '../../platform/http/paging.ts'
import * as store from './store.ts'

/** Writes one act down. `detail` is what changed, as small as it can be said; no secrets. */
export async function noteAct(
  app: App,
  viewer: Viewer,
  act: string,
  subject: { kind: StaffAct['subject']['kind']; id: string },
  detail: Record<string, unknown> = {},
): Promise<void> {
  const accountId = viewer.accountId!
  await store.insertAct(app, {
    act_id: newId(),
    at: app.clock.now(),
    account_id: accountId,
    account_name: (await store.nameOf(app, accountId)) ?? accountId,
    act,
    subject_kind: subject.kind,
    subject_id: subject.id,
    detail: JSON.stringify(detail),
  })
}

/** Newest first, of everything or of one subject. Refuses bad_request for a cursor that is not ours. */
export async function listActs(app: App, asked: PageAsked & { subjectId?: string | undefined }) {
  const rows = await store.listActs(app, asked.subjectId, askedPlace(asked, 'number', 'id'), asked.limit + 1)
  const cut = cutPage(rows, asked.limit, (row) => [row.at.getTime(), row.act_id])
  const items = cut.rows.map(
    (row): StaffAct => ({
      id: row.act_id,
      at: row.at.toISOString(),
      by: { id: row.account_id, name: row.account_name },
      act: row.act,
      subject: { kind: row.subject_kind as StaffAct['subject']['kind'], id: row.subject_id },
      detail: row.detail as StaffAct['detail'],
    }),
  )
  return { items, ...nextOf(cut) }
}
