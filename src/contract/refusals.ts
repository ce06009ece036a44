/**
 * Every way the platform says no: code, HTTP status, and a sentence a person can act on. On the wire a refusal is a
 * problem document (RFC 9457). Anything thrown that is not a Refusal is a fault: our mistake, answered with 500.
 */
export const refusals = {
  bad_request: [400, 'The request is not in the form this address expects.'],
  sign_in_needed: [401, 'Sign in to do this.'],
  bad_credentials: [401, 'This e-mail address and password do not belong together.'],
  token_invalid: [401, 'This API token is not valid; make a new one.'],
  not_allowed: [403, 'Your account may not do this.'],
  scope_missing: [403, 'This API token was not made for that; make one with the scope it needs.'],
  password_needed: [403, 'Give your password to do this.'],
  second_factor_needed: [401, 'Give the code of your authenticator as well.'],
  second_factor_wrong: [401, 'This code is not right, or has been used already.'],
  second_factor_on: [409, 'A second factor is set up already; take it away first.'],
  second_factor_off: [409, 'No second factor is set up.'],
  passkey_wrong: [401, 'This passkey was not taken; try again.'],
  letter_invalid: [410, 'This link has been used or has expired; ask for a new one.'],
  email_unproved: [403, 'Confirm your e-mail address first: a letter with a link was sent to you.'],
  blocked: [403, 'You cannot answer somebody who has blocked you.'],
  account_suspended: [403, 'This account has been suspended.'],
  letter_sent: [403, 'A letter was sent to this address; open the link in it, then sign in.'],
  approval_pending: [403, 'Your account was made and waits for the approval of the staff.'],
  last_admin: [409, 'A platform keeps at least one administrator.'],
  elsewhere_failed: [401, 'Signing in elsewhere did not work; try again.'],
  elsewhere_taken: [409, 'This identity belongs to another account here.'],
  video_hidden: [409, 'The staff of this site has taken this video away; it stays private.'],
  already_reported: [409, 'You have reported this already; thank you.'],
  report_not_found: [404, 'There is no such report.'],
  words_refused: [422, 'This text holds words that this site does not take.'],
  address_forbidden: [422, 'This address leads to where this server must not go.'],
  webhook_not_found: [404, 'There is no such webhook.'],
  foreign_origin: [403, 'This request came from another site and was not carried out.'],
  grant_invalid: [403, 'This playback address is not valid for this video.'],
  beacon_invalid: [422, 'This report of a playback cannot be true and was not counted.'],
  grant_expired: [403, 'This playback address has expired; reload the page.'],
  not_found: [404, 'There is nothing at this address.'],
  account_not_found: [404, 'There is no such account.'],
  channel_not_found: [404, 'There is no such channel.'],
  video_not_found: [404, 'This video does not exist, or you may not see it.'],
  comment_not_found: [404, 'This comment does not exist any more.'],
  playlist_not_found: [404, 'This playlist does not exist, or you may not see it.'],
  upload_not_found: [404, 'This upload does not exist or is not yours.'],
  rendition_not_found: [404, 'This video has no such rendition.'],
  caption_not_found: [404, 'This video has no such text.'],
  media_not_found: [404, 'This video has no such file.'],
  method_not_allowed: [405, 'This address does not take this method.'],
  email_taken: [409, 'An account with this e-mail address exists already; sign in instead.'],
  handle_taken: [409, 'This handle is taken; choose another.'],
  comments_closed: [409, 'Comments on this video are closed.'],
  own_channel: [409, 'This is your own channel.'],
  channel_not_empty: [409, 'This channel still has videos; delete or move them first.'],
  last_channel: [409, 'An account keeps at least one channel.'],
  playlist_full: [409, 'This playlist has as many videos as one can have.'],
  video_not_ready: [409, 'This video is still being prepared.'],
  video_failed: [409, 'This video could not be prepared, so it cannot be played.'],
  upload_not_complete: [409, 'Parts of this upload are still missing.'],
  upload_offset_mismatch: [409, 'The upload goes on at another byte; ask for its offset and send from there.'],
  upload_locked: [423, 'Another connection is writing to this upload; try again in a moment.'],
  upload_gone: [410, 'This upload has expired or was removed; start it again.'],
  tus_version_unsupported: [412, 'This server speaks version 1.0.0 of the tus protocol.'],
  file_too_large: [413, 'This file is larger than the largest allowed here.'],
  body_too_large: [413, 'This request is larger than the largest allowed here.'],
  upload_longer_than_declared: [413, 'More bytes came than the upload was declared to have.'],
  content_type_unsupported: [415, 'This address does not take content of this type.'],
  caption_unreadable: [422, 'This file holds no captions; send WebVTT or SubRip.'],
  captions_full: [409, 'This video has as many texts as one can have.'],
  transcription_off: [409, 'This site has no program that writes captions by itself.'],
  picture_unreadable: [422, 'This file is not a picture in a format known here; use JPEG, PNG, WebP or AVIF.'],
  range_not_satisfiable: [416, 'The file has no such bytes.'],
  upload_length_invalid: [400, 'State the length of the upload in bytes.'],
  upload_metadata_invalid: [400, 'The metadata of this upload cannot be read.'],
  upload_concat_invalid: [400, 'These parts cannot be joined to one upload.'],
  checksum_unsupported: [400, 'This checksum algorithm is not known here.'],
  checksum_mismatch: [460, 'The bytes that came are not the bytes that were sent; send them again.'],
  head_too_large: [431, 'The head of this request is larger than the largest allowed here.'],
  too_slow: [408, 'The request did not arrive in time.'],
  too_many: [429, 'Too many requests; wait a little and try again.'],
  quota_exceeded: [413, 'This file does not fit into the space your account has left.'],
  disk_full: [507, 'The server has no room for this file at the moment.'],
  sign_up_closed: [403, 'This site does not take new accounts.'],
  still_making: [503, 'This part of the video is still being made; try again in a moment.'],
  not_available_now: [503, 'The server cannot do this at the moment; try again soon.'],

  // Why a source could not be made into a video. Shown to its owner as the reason of state `failed`.
  source_empty: [422, 'The file is empty.'],
  source_unreadable: [422, 'The file is damaged or cut short: its beginning cannot be read.'],
  source_truncated: [422, 'The file is cut short: its end is missing. Upload the whole file.'],
  source_not_media: [422, 'This file is not a video or sound recording in a format known here.'],
  source_no_video: [422, 'The file holds neither picture nor sound that can be played.'],
  source_too_large_picture: [422, 'The picture is larger than 36 million pixels; export it smaller.'],
  source_too_long: [422, 'The video is longer than the longest allowed here.'],
  source_too_short: [422, 'The file holds less than one frame of picture or sound.'],
  source_encrypted: [422, 'The file is encrypted; upload one without copy protection.'],
  source_codec_unsupported: [422, 'The file uses a codec that is not supported; export it as H.264 and AAC.'],
  source_too_many_streams: [422, 'The file holds more than 32 tracks; export one with fewer.'],
  source_undecodable: [422, 'The picture or sound of this file is damaged and cannot be decoded.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type RefusalCode = keyof typeof refusals

/** A polite no. Thrown by `refuse`, turned into an answer at the edge. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly status: number
  /** What in particular was wrong, safe to show to the person who asked. */
  readonly detail: string | undefined
  /** Facts that go into headers, such as `Retry-After`. */
  readonly headers: Record<string, string>

  constructor(code: RefusalCode, detail?: string, headers: Record<string, string> = {}) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Refusal'
    this.code = code
    this.status = refusals[code][0]
    this.detail = detail
    this.headers = headers
  }

  /** What is said to a person. */
  get sentence(): string {
    return this.detail ? `${refusals[this.code][1]} (${this.detail})` : refusals[this.code][1]
  }
}

/** Says no. Never returns. */
export function refuse(code: RefusalCode, detail?: string, headers?: Record<string, string>): never {
  throw new Refusal(code, detail, headers)
}

/** Whether a thrown thing is a refusal, with this code if one is given. */
export function isRefusal(thrown: unknown, code?: RefusalCode): thrown is Refusal {
  return thrown instanceof Refusal && (code === undefined || thrown.code === code)
}

/** A problem document (RFC 9457) as it goes over the wire. */
export interface Problem {
  type: string
  title: string
  status: number
  code: RefusalCode | 'fault'
  detail?: string
  requestId?: string
}
