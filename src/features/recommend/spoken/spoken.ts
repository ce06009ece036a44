/** What is spoken in videos, as a few words each: taken from their texts once, so that neither pages nor models read captions. */
import { MAX_TEXT_BYTES, readCues } from '../../../media/vtt.ts'
import type { App } from '../../../platform/app.ts'
import { spokenIn } from '../items/words.ts'
import * as store from './store.ts'

/** Texts that are read for one model at most; the rest come with the next one. */
const MOST_READ = 5000
const READ_AT_ONCE = 8

/** Takes the words of one video in, if its text has changed; whether it has. May run in several processes at once. */
export async function readSpoken(app: App, videoId: string): Promise<boolean> {
  const hasGone = await store.forgetGone(app, videoId)
  const texts = await store.listUnread(app, videoId, 1)
  for (const text of texts) await read(app, text)
  return hasGone || texts.length > 0
}

/** Takes in what no process has read. May run twice. */
export async function readAllSpoken(app: App): Promise<void> {
  await store.forgetGone(app, undefined)
  const texts = await store.listUnread(app, undefined, MOST_READ)
  for (let from = 0; from < texts.length; from += READ_AT_ONCE)
    await Promise.all(texts.slice(from, from + READ_AT_ONCE).map((text) => read(app, text)))
}

/** A text whose bytes are gone is being replaced: it counts as read, and its successor has another id. */
async function read(app: App, text: store.Text): Promise<void> {
  const bytes = await app.blobs.read(`videos/${text.video_id}/captions/${text.text_id}.vtt`, MAX_TEXT_BYTES)
  const cues = bytes ? (readCues(bytes.toString('utf8')) ?? []) : []
  await store.keepWords(app, text, spokenIn(cues.map(({ text }) => text.replace(/<[^>]*>/g, ' '))))
}
