/**
 * Who may call what, as a table: a row for every endpoint of the contract. A row of one word is about the door: `open` for
 * everybody, `own` for what only concerns the account that asks, `staff`, `admin`. The others are about one thing (a
 * private video, a playlist, a comment, a channel), made anew for every call, and say what each person gets.
 */
import type { EndpointName } from '../../src/contract/contract.ts'
import { newId } from '../../src/kit/ids.ts'
import type { House, Member } from '../support/house.ts'
import { publishedBy } from '../support/published.ts'

/** Everybody there is. The viewer and the editor are in the team of the owner's channel; the stranger has only an account. */
export const PEOPLE = ['anonymous', 'stranger', 'viewer', 'editor', 'owner', 'moderator', 'admin'] as const
export type Person = (typeof PEOPLE)[number]

export interface World {
  house: House
  members: Record<Exclude<Person, 'anonymous'>, Member>
}

interface Thing {
  params: Record<string, string>
  query?: Record<string, string>
  body?: unknown
}

export interface ThingRow {
  make(world: World): Promise<Thing>
  /** `yes` for those who are let through, else the code they are refused with. */
  gets: Record<Person, string>
}

export type Row = 'open' | 'own' | 'staff' | 'admin' | ThingRow

type Make = (world: World) => Promise<Thing>

const everybody = (word: string) => Object.fromEntries(PEOPLE.map((it) => [it, word])) as Record<Person, string>

/** What happens to those of whom nothing else is said. */
function gets(otherwise: string, exceptions: Partial<Record<Person, string>>): ThingRow['gets'] {
  return { ...everybody(otherwise), ...exceptions }
}

const yes = (...people: Person[]) =>
  Object.fromEntries(people.map((it) => [it, 'yes'])) as Partial<Record<Person, string>>

const privateVideo = (world: World) => videoOf(world, 'private')
const openVideo = (world: World) => videoOf(world, 'public')

/** A copy of the first video of its kind: as calls they would be more than one account may begin in a minute. */
async function videoOf(world: World, privacy: 'public' | 'private'): Promise<string> {
  const { house, members } = world
  firsts[privacy] ??= publishedBy(house, members.owner, { privacy })
  const { db } = house.app
  const row = await db
    .selectFrom('videos')
    .selectAll()
    .where('video_id', '=', await firsts[privacy])
    .executeTakeFirstOrThrow()
  const videoId = newId()
  await db
    .insertInto('videos')
    .values({ ...row, video_id: videoId, run_id: null } as never)
    .execute()
  return videoId
}
const firsts: Partial<Record<'public' | 'private', Promise<string>>> = {}

const onPrivateVideo =
  (more: Omit<Thing, 'params'> & { params?: Record<string, string> } = {}): Make =>
  async (world) => ({ ...more, params: { videoId: await privateVideo(world), ...more.params } })

/** Seen by the channel's people and by staff; for all others it is not there. */
const seesVideo = (more?: Parameters<typeof onPrivateVideo>[0]): ThingRow => ({
  make: onPrivateVideo(more),
  gets: gets('yes', { anonymous: 'video_not_found', stranger: 'video_not_found' }),
})
/** The same for what only the signed-in may do. */
const usesVideo = (more?: Parameters<typeof onPrivateVideo>[0]): ThingRow => ({
  make: onPrivateVideo(more),
  gets: gets('yes', { anonymous: 'sign_in_needed', stranger: 'video_not_found' }),
})
/** Changed by those who edit the channel, and by administrators. */
const editsVideo = (more?: Parameters<typeof onPrivateVideo>[0]): ThingRow => ({
  make: onPrivateVideo(more),
  gets: gets('yes', {
    anonymous: 'sign_in_needed',
    stranger: 'video_not_found',
    viewer: 'not_allowed',
    moderator: 'not_allowed',
  }),
})

/** A comment that the stranger has written below an open video of the owner. */
const onComment =
  (body?: unknown, more: Record<string, string> = {}): Make =>
  async (world) => {
    const videoId = await openVideo(world)
    const { house, members } = world
    const commentId = newId()
    const own = await house.app.db
      .selectFrom('channels')
      .select('channel_id')
      .where('account_id', '=', members.stranger.id)
      .executeTakeFirstOrThrow()
    await house.app.db
      .insertInto('comments')
      .values({
        video_id: videoId,
        comment_id: commentId,
        account_id: members.stranger.id,
        channel_id: own.channel_id,
        body: 'x',
        state: 'shown',
        created_at: house.app.clock.now(),
      })
      .execute()
    return { params: { videoId, commentId, ...more }, ...(body === undefined ? {} : { body }) }
  }

const onPlaylist =
  (privacy: 'public' | 'private', body?: (videoId: string) => unknown, withVideo = false): Make =>
  async (world) => {
    const { owner } = world.members
    const { id } = await owner.call('createPlaylist', { body: { title: 'x', privacy } })
    const videoId = await openVideo(world)
    if (withVideo) await owner.call('addToPlaylist', { params: { playlistId: id }, body: { videoId } })
    return { params: { playlistId: id, videoId }, ...(body ? { body: body(videoId) } : {}) }
  }
const ownersPlaylist = (make: Make): ThingRow => ({
  make,
  gets: gets('not_allowed', { anonymous: 'sign_in_needed', owner: 'yes' }),
})
const seesPlaylist: ThingRow = {
  make: onPlaylist('private'),
  gets: gets('playlist_not_found', yes('owner', 'moderator', 'admin')),
}

/** On the owner's own channel, which has the editor and the viewer in its team. */
const onChannel =
  (more: Omit<Thing, 'params'> & { params?: Record<string, string> } = {}): Make =>
  async ({ members }) => ({ ...more, params: { handle: members.owner.channel.handle, ...more.params } })
const channelFor = (make: Make, ...people: Person[]): ThingRow => ({
  make,
  gets: gets('not_allowed', { anonymous: 'sign_in_needed', admin: 'yes', owner: 'yes', ...yes(...people) }),
})
/** On a further channel of the owner, made for this call: with whom changes of the team and the channel cost nothing. */
const onSpareChannel =
  (more: (world: World) => Omit<Thing, 'params'> & { params?: Record<string, string> } = () => ({})): Make =>
  async (world) => {
    const handle = `spare-${newId().toLowerCase()}`
    const { owner } = world.members
    await world.house.app.db
      .insertInto('channels')
      .values({
        account_id: owner.id,
        channel_id: handle.replace('-', ''),
        handle,
        name: 'Spare',
        description: '',
        created_at: world.house.app.clock.now(),
      })
      .execute()
    const { params, ...rest } = more(world)
    return { ...rest, params: { handle, ...params } }
  }
const ownersSpare = (more?: Parameters<typeof onSpareChannel>[0]): ThingRow => ({
  make: onSpareChannel(more),
  gets: gets('not_allowed', { anonymous: 'sign_in_needed', owner: 'yes', admin: 'yes' }),
})

const january = { from: '2026-01-01T00:00:00Z', to: '2026-01-31T00:00:00Z' }

/** The figures of a private video: for who has it, and for those who answer for the machine. To all others it is not there. */
const figuresOf = (query: Record<string, string>): ThingRow => ({
  make: onPrivateVideo({ query }),
  gets: gets('video_not_found', {
    anonymous: 'sign_in_needed',
    viewer: 'not_allowed',
    moderator: 'not_allowed',
    ...yes('editor', 'owner', 'admin'),
  }),
})
const figuresOfPlaylist = (query: Record<string, string>): ThingRow => ({
  make: async (world) => ({ ...(await onPlaylist('public')(world)), query }),
  gets: gets('not_allowed', { anonymous: 'sign_in_needed', owner: 'yes', admin: 'yes' }),
})
/** What those get who may edit the video, where the thing that is asked for is not there. */
const editors = (row: ThingRow, code: string): ThingRow => ({
  ...row,
  gets: { ...row.gets, editor: code, owner: code, admin: code },
})

export const rows: Record<EndpointName, Row> = {
  signUp: 'open',
  signIn: 'open',
  signOut: 'open',
  me: 'own',
  createToken: 'own',
  listTokens: 'own',
  removeToken: 'own',
  editAccount: 'own',
  sendVerification: 'own',
  useLetter: 'open',
  askReset: 'open',
  useReset: 'open',
  changePassword: 'own',
  changeEmail: 'own',
  listDevices: 'own',
  signOutDevice: 'own',
  signOutOthers: 'own',
  beginSecondFactor: 'own',
  confirmSecondFactor: 'own',
  renewRecoveryCodes: 'own',
  removeSecondFactor: 'own',
  deleteAccount: 'own',
  keepAccount: 'own',
  beginPasskey: 'own',
  addPasskey: 'own',
  listPasskeys: 'own',
  removePasskey: 'own',
  beginPasskeySignIn: 'open',
  passkeySignIn: 'open',

  getChannel: { make: onChannel(), gets: everybody('yes') },
  listChannelVideos: { make: onChannel(), gets: everybody('yes') },
  listChannelPlaylists: { make: onChannel(), gets: everybody('yes') },
  listAllChannelVideos: channelFor(onChannel(), 'editor', 'viewer'),
  listMyChannels: 'own',
  createChannel: 'own',
  editChannel: channelFor(onChannel({ body: { description: 'x' } }), 'editor'),
  removeChannel: ownersSpare(),
  removePicture: channelFor(onChannel({ params: { picture: 'avatar' } }), 'editor'),
  listTeam: channelFor(onChannel(), 'editor', 'viewer'),
  getChannelPolicy: channelFor(onChannel(), 'editor', 'viewer'),
  setChannelPolicy: 'admin',
  setTeamMember: ownersSpare(({ members }) => ({
    params: { member: members.stranger.channel.handle },
    body: { role: 'viewer' },
  })),
  // Of somebody else: everybody may take out themselves.
  removeTeamMember: ownersSpare(({ members }) => ({ params: { member: members.owner.channel.handle } })),
  acceptInvitation: { make: onSpareChannel(), gets: gets('not_found', { anonymous: 'sign_in_needed' }) },
  // Nobody has joined the spare channel, so that even its owner is told: not to them.
  transferChannel: {
    make: onSpareChannel(({ members }) => ({ body: { to: members.stranger.channel.handle } })),
    gets: gets('not_allowed', { anonymous: 'sign_in_needed' }),
  },

  createVideo: 'own',
  listVideos: 'open',
  listMyVideos: 'own',
  getVideo: seesVideo(),
  listVideoFiles: seesVideo(),
  startPlayback: {
    make: async (world) => ({ params: { videoId: await brokenVideo(world) } }),
    gets: gets('video_failed', { anonymous: 'video_not_found', stranger: 'video_not_found' }),
  },
  editVideo: editsVideo({ body: { title: 'y' } }),
  removeVideo: editsVideo(),
  listStills: editsVideo(),
  makeStills: editors(editsVideo(), 'media_not_found'),
  chooseStill: editors(editsVideo({ body: { name: 'none' } }), 'media_not_found'),
  listCaptions: seesVideo(),
  removeCaption: editors(editsVideo({ params: { language: 'en', kind: 'subtitles' } }), 'caption_not_found'),
  transcribeVideo: editors(editsVideo({ body: { language: 'en' } }), 'transcription_off'),
  listRenditions: editsVideo(),
  makeRendition: editors(editsVideo({ params: { rendition: '9p' } }), 'rendition_not_found'),
  listDownloads: seesVideo(),
  setDownloads: editsVideo({ body: { who: 'members' } }),
  uploadLimits: 'own',
  listUploads: 'own',
  sendBeacon: 'open',
  sendBeacons: 'open',
  sendImpressions: 'open',

  videoTotals: figuresOf(january),
  videoSeries: figuresOf({ ...january, grain: 'day' }),
  videoBreakdown: figuresOf({ ...january, by: 'country' }),
  videoRetention: figuresOf(january),
  videoSpread: figuresOf({ ...january, of: 'startupMs' }),
  channelTotals: channelFor(onChannel({ query: january }), 'editor'),
  channelSeries: channelFor(onChannel({ query: { ...january, grain: 'day' } }), 'editor'),
  channelBreakdown: channelFor(onChannel({ query: { ...january, by: 'country' } }), 'editor'),
  channelSpread: channelFor(onChannel({ query: { ...january, of: 'startupMs' } }), 'editor'),
  playlistTotals: figuresOfPlaylist(january),
  playlistSeries: figuresOfPlaylist({ ...january, grain: 'day' }),
  playlistBreakdown: figuresOfPlaylist({ ...january, by: 'video' }),
  siteTotals: 'admin',
  siteSeries: 'admin',
  siteBreakdown: 'admin',
  siteSpread: 'admin',

  getReactions: seesVideo(),
  setReaction: usesVideo({ body: { reaction: 'like' } }),
  listLikedVideos: 'own',
  listComments: seesVideo(),
  postComment: usesVideo({ body: { text: 'x' } }),
  listReplies: { make: onComment(), gets: everybody('yes') },
  getComment: { make: onComment(), gets: everybody('yes') },
  editComment: {
    make: onComment({ text: 'y' }),
    gets: gets('not_allowed', { anonymous: 'sign_in_needed', stranger: 'yes' }),
  },
  removeComment: { make: onComment(), gets: gets('yes', { anonymous: 'sign_in_needed', viewer: 'not_allowed' }) },
  likeComment: { make: onComment({ liked: true }), gets: gets('yes', { anonymous: 'sign_in_needed' }) },
  markComment: {
    make: onComment({ hearted: true }),
    gets: gets('not_allowed', { anonymous: 'sign_in_needed', ...yes('editor', 'owner', 'admin') }),
  },
  listHeldComments: 'own',

  getSubscription: { make: onChannel(), gets: everybody('yes') },
  subscribe: {
    make: onChannel({ body: {} }),
    gets: gets('yes', { anonymous: 'sign_in_needed', owner: 'own_channel' }),
  },
  unsubscribe: { make: onChannel(), gets: gets('yes', { anonymous: 'sign_in_needed' }) },
  listSubscriptions: 'own',
  listFeed: 'own',

  createPlaylist: 'own',
  getPlaylist: seesPlaylist,
  listPlaylistItems: seesPlaylist,
  editPlaylist: ownersPlaylist(onPlaylist('public', () => ({ title: 'y' }))),
  removePlaylist: ownersPlaylist(onPlaylist('public')),
  addToPlaylist: ownersPlaylist(onPlaylist('public', (videoId) => ({ videoId }))),
  removeFromPlaylist: ownersPlaylist(onPlaylist('public', undefined, true)),
  moveInPlaylist: ownersPlaylist(onPlaylist('public', () => ({ before: null }), true)),
  listMyPlaylists: 'own',
  getWatchLater: 'own',

  listHistory: 'own',
  clearHistory: 'own',
  forgetWatched: 'own',
  pauseHistory: 'own',

  recommendHome: 'open',
  recommendNext: seesVideo(),
  pinNext: editsVideo({ body: { next: null } }),
  addWish: 'own',
  removeWish: 'own',
  removeWishes: 'own',
  getTastes: 'own',
  chooseTopics: 'own',
  resetTastes: 'own',
  getRecommendFigures: 'admin',
  serveModel: 'admin',
  beginExperiment: 'admin',
  endExperiment: 'admin',

  listNotifications: 'own',
  readNotifications: 'own',
  removeNotification: 'own',
  getNotificationSettings: 'own',
  setNotificationSettings: 'own',
  stopLetters: 'open',
  getPush: 'own',
  addPush: 'own',
  removePush: 'own',

  search: 'open',
  suggestSearches: 'open',
  clickResult: 'open',
  listSearches: 'own',
  keepSearch: 'own',
  forgetSearch: 'own',
  forgetSearches: 'own',
  listSavedSearches: 'own',
  saveSearch: 'own',
  removeSavedSearch: 'own',
  listTrending: 'open',
  listTopics: 'open',

  getSite: 'open',
  getSiteSettings: 'admin',
  setSiteSettings: 'admin',
  listAnnouncements: 'admin',
  announce: 'admin',
  withdrawAnnouncement: 'admin',

  reportContent: 'own',
  listMyReports: 'own',
  getReport: 'own',
  writeToReport: 'own',
  listReports: 'staff',
  handleReport: 'staff',
  hideVideo: 'staff',
  restoreVideo: 'staff',
  hideComment: 'staff',
  restoreComment: 'staff',
  suspendAccount: 'staff',
  reinstateAccount: 'staff',
  listReview: 'staff',
  passVideo: 'staff',
  listWaitingAccounts: 'staff',
  admitAccount: 'staff',
  declineAccount: 'staff',
  listWatchedWords: 'staff',
  setWatchedWords: 'staff',
  listBlocks: 'own',
  setBlock: 'own',
  removeBlock: 'own',

  createWebhook: 'own',
  listWebhooks: 'own',
  changeWebhook: 'own',
  removeWebhook: 'own',
  listDeliveries: 'own',
  redeliver: 'own',

  listAccounts: 'admin',
  getAccount: 'admin',
  changeAccount: 'admin',
  signOutAccount: 'admin',
  resetSecondFactor: 'admin',
  removeAccount: 'admin',
  listEveryVideo: 'admin',
  listJobs: 'admin',
  changeJob: 'admin',
  cancelJob: 'admin',
  getSpace: 'admin',
  getHealth: 'admin',
  listStaffActs: 'admin',
}

/** One that could not be prepared: there is nothing to play, but only those who see it are told so. */
async function brokenVideo(world: World): Promise<string> {
  const videoId = await privateVideo(world)
  await world.house.app.db
    .updateTable('videos')
    .set({ state: 'failed', reason_code: 'source_empty' })
    .where('video_id', '=', videoId)
    .execute()
  return videoId
}
