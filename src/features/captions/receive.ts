/** Receives a file of captions: a body that is not JSON, so it is checked here and not by the contract. */
import { CaptionKind } from '../../contract/captions.ts'
import { refuse } from '../../contract/refusals.ts'
import { Id, Language, personName } from '../../contract/shapes.ts'
import { readAll } from '../../kit/bytes.ts'
import { MAX_TEXT_BYTES } from '../../media/vtt.ts'
import type { App } from '../../platform/app.ts'
import type { RawAnswer, RawAsked } from '../../platform/http/http.ts'
import { takeTurn } from '../../platform/http/limits.ts'
import { putCaption } from './captions.ts'

const Name = personName(1, 60)

export async function receive(app: App, asked: RawAsked): Promise<RawAnswer> {
  const { viewer, params, query } = asked
  if (viewer.accountId === undefined) return refuse('sign_in_needed')
  const videoId = Id.safeParse(params.videoId)
  const language = Language.safeParse(params.language)
  const kind = CaptionKind.safeParse(query.get('kind') ?? 'captions')
  const name = query.has('name') ? Name.safeParse(query.get('name')) : undefined
  if (!videoId.success) return refuse('video_not_found')
  if (!language.success || !kind.success || name?.success === false) return refuse('bad_request')
  await takeTurn(app, viewer, 'captions', 30)
  const bytes = await readAll(asked.body, MAX_TEXT_BYTES).catch((error) => {
    if (error instanceof RangeError) return refuse('body_too_large', 'at most 4 MiB')
    throw error
  })
  const about = { language: language.data, kind: kind.data, name: name?.data, edited: query.get('edited') === '1' }
  const items = await putCaption(app, viewer, videoId.data, { ...about, bytes })
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify({ items }),
  }
}
