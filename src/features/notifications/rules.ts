/** Decisions about notifications: who hears of what by which way, and how it reads in a letter. Pure. */
import {
  NOTIFICATION_KINDS,
  type NotificationBody,
  type NotificationKind,
  type NotificationSetting,
  type PushMessage,
} from '../../contract/notifications.ts'
import type { Letter } from '../../platform/mail/mail.ts'
import { fillText, tell, type WordKey } from '../words/words.ts'

/** What holds for an account that has chosen nothing: letters only for what waits for an answer or decides about one's own. */
const BY_EMAIL: ReadonlySet<NotificationKind> = new Set([
  'video_failed',
  'team_invitation',
  'report_handled',
  'moderation',
  'starts_fell',
])

/** Whoever lets a browser be pushed to wants to hear; only of what comes in crowds it is asked for. */
const NOT_BY_PUSH: ReadonlySet<NotificationKind> = new Set(['subscriber', 'digest'])

/** Kept so long; who has not looked by then does not miss it. */
export const KEPT_DAYS = 90

/** More browsers than a person uses; the oldest makes room. */
export const MOST_PUSH_WINDOWS = 20
export const PUSH_FAILURES_UNTIL_OFF = 10

export function defaultSetting(kind: NotificationKind): NotificationSetting {
  // A digest is for those who ask for one.
  return { kind, inApp: kind !== 'digest', byEmail: BY_EMAIL.has(kind), byPush: !NOT_BY_PUSH.has(kind) }
}

/** Every kind once: as it was chosen, else as the platform has it. */
export function settingsOf(chosen: NotificationSetting[]): NotificationSetting[] {
  const by = new Map(chosen.map((it) => [it.kind, it]))
  return NOTIFICATION_KINDS.map((kind) => by.get(kind) ?? defaultSetting(kind))
}

const EXCERPT_CHARS = 140

/** The beginning of a text on one line, cut between characters as people see them. */
export function excerptOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line.length <= EXCERPT_CHARS) return line
  let cut = ''
  for (const { segment } of new Intl.Segmenter().segment(line.slice(0, EXCERPT_CHARS * 2))) {
    if (cut.length + segment.length >= EXCERPT_CHARS) break
    cut += segment
  }
  return `${cut.trimEnd()}…`
}

/** Where a notification leads to, below the address of the platform. */
export function pathOf(kind: NotificationKind, body: NotificationBody): string {
  if (kind === 'team_invitation' && body.channel) return `/@${body.channel.handle}`
  if (kind === 'subscriber' && body.actor) return `/@${body.actor.handle}`
  if (kind === 'digest') return '/'
  if (kind === 'video_failed') return '/studio'
  if (kind === 'starts_fell' || kind === 'audience_grew')
    return body.video ? `/studio/analytics?video=${body.video.id}` : '/admin/analytics'
  if (body.video) return `/watch/${body.video.id}${body.commentId ? `?comment=${body.commentId}` : ''}`
  return '/notifications'
}

/** One sentence that says it all, in the language of whom it is told. */
export function sentenceOf(kind: NotificationKind, body: NotificationBody, language: string): string {
  return fillText(language, wordOf(kind, body), {
    actor: body.actor?.name ?? tell(language, 'heard.somebody'),
    video: body.video?.title ?? '',
    channel: body.channel?.name ?? '',
  })
}

function wordOf(kind: NotificationKind, body: NotificationBody): WordKey {
  if (kind === 'video_failed' && body.replacement) return 'heard.file_refused'
  if (kind === 'moderation' && !body.video) return 'heard.moderation_account'
  if ((kind === 'starts_fell' || kind === 'audience_grew') && !body.video) return `heard.${kind}_site`
  return `heard.${kind}`
}

/** What a push says. It fits into a message: excerpts and titles have their limits. */
export function pushMessageOf(
  language: string,
  { kind, subject, body }: { kind: NotificationKind; subject: string; body: NotificationBody },
): PushMessage {
  return {
    kind,
    title: excerptOf(sentenceOf(kind, body, language)),
    ...(body.excerpt ? { text: excerptOf(body.excerpt) } : {}),
    path: pathOf(kind, body),
    tag: `${kind} ${subject}`,
  }
}

/** Whom services may write to about us: the address letters come from, without the name beside it. */
export function contactOf(from: string): string {
  return `mailto:${/<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim()}`
}

/** Where letters of a kind are ended by whoever has one, without signing in: a page, and for RFC 8058 what is posted to. */
export const STOP_PATH = '/unsubscribe'

/** The letter, in plain text: nothing in it needs more, and nothing from people can become markup. `stopKey`: see `stop.ts`. */
export function letterOf(
  { email, language, stopKey }: { email: string; language: string; stopKey: string },
  site: string,
  kind: NotificationKind,
  body: NotificationBody,
): Letter {
  const stop = `${site}${STOP_PATH}?key=${stopKey}`
  const sentence = sentenceOf(kind, body, language)
  const lines = [
    sentence.endsWith('.') ? sentence : `${sentence}.`,
    ...(body.excerpt ? ['', `> ${body.excerpt}`] : []),
    ...(body.videos ?? []).flatMap(({ id, title, channel }) => ['', `${title} (${channel})`, `${site}/watch/${id}`]),
    '',
    site + pathOf(kind, body),
    '',
    '--',
    `${tell(language, 'letter.choose')} ${site}/notifications`,
    `${tell(language, 'letter.stop')} ${stop}`,
  ]
  return {
    to: email,
    subject: excerptOf(sentence),
    text: `${lines.join('\n')}\n`,
    headers: {
      'List-Unsubscribe': `<${stop}>`,
      // RFC 8058 section 3.1: with one click only where the address is HTTPS.
      ...(stop.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
    },
  }
}
