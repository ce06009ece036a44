/**
 * The settings: one table with default, sentence and environment name for each. Read once, checked, frozen, passed by
 * value. A wrong setting stops the start with the list of everything that is wrong.
 */
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'

const GIB = 1024 ** 3

interface Setting<S extends z.ZodType = z.ZodType> {
  schema: S
  says: string
  /** Written in the reference instead of the default where that depends on the machine. */
  defaultSays?: string
}

function setting<S extends z.ZodType>(schema: S, says: string, defaultSays?: string): Setting<S> {
  return defaultSays === undefined ? { schema, says } : { schema, says, defaultSays }
}

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const flag = z.preprocess(
  (value) => (typeof value === 'string' ? ['1', 'true', 'yes', 'on'].includes(value.toLowerCase()) : value),
  z.boolean(),
)
const list = (item: z.ZodType<string>) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((word) => word.trim())
            .filter(Boolean)
        : value,
    z.array(item),
  )

export const ROLES = ['api', 'worker', 'origin', 'clock'] as const
export type RoleName = (typeof ROLES)[number]

/** Every setting by its dotted name; `http.port` is read from VITASCOPE_HTTP_PORT. */
export const settings = {
  'data.folder': setting(
    z.string().min(1).default('./data'),
    'Folder of everything that is kept: database, blobs, secrets. Deleting it is a clean reset.',
  ),
  roles: setting(
    list(z.enum(ROLES))
      .pipe(z.array(z.enum(ROLES)).min(1))
      .default([...ROLES]),
    'What this process runs: any of api, worker, origin, clock.',
  ),
  'http.host': setting(z.string().min(1).default('0.0.0.0'), 'Address to listen on.'),
  'http.port': setting(whole(0, 65535).default(8080), 'Port to listen on; 0 takes a free one.'),
  'http.public_address': setting(
    z.union([z.literal(''), z.url()]).default(''),
    'Address people reach this platform by, such as https://video.example.org; empty: as each request names it.',
  ),
  'http.shared_ms': setting(
    whole(0, 60_000).default(1000),
    'Milliseconds for which lists and pages may be kept for people who are not signed in; 0 asks the database every time.',
  ),
  'http.trust_proxy': setting(
    flag.default(false),
    'Believe X-Forwarded-For and X-Forwarded-Proto: only behind a proxy that sets them.',
  ),
  'log.level': setting(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'), 'How much is logged.'),
  'db.url': setting(
    z.union([z.literal(''), z.string().regex(/^postgres(ql)?:\/\//)]).default(''),
    'A PostgreSQL (15 or later) to use; empty starts the embedded one in the data folder.',
  ),
  'db.pool': setting(whole(2, 200).default(16), 'Connections to the database per process.'),
  'db.prepare': setting(
    flag.default(true),
    'Prepare statements that recur; off behind a pooler that gives a connection to another after each transaction and knows no prepared statements.',
  ),
  'db.port': setting(whole(0, 65535).default(0), 'Port of the embedded PostgreSQL on 127.0.0.1; 0 takes a free one.'),
  'blobs.bucket': setting(
    z
      .union([z.literal(''), z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket')])
      .default(''),
    'Bucket of an object store of the S3 kind in which blobs are kept; empty keeps them in the data folder. Blobs are not carried over.',
  ),
  'blobs.endpoint': setting(
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'Address of that store, such as https://s3.example.org; empty for Amazon S3.',
  ),
  'blobs.region': setting(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,40}$/)
      .default('us-east-1'),
    'Region of the bucket; most stores besides Amazon take any.',
  ),
  'blobs.key_id': setting(
    z.string().max(200).default(''),
    'Id of the access key; empty, with the secret, finds keys as programs on Amazon machines do (environment, profile, role).',
  ),
  'blobs.secret': setting(z.string().max(200).default(''), 'Secret of the access key.'),
  'blobs.path_style': setting(
    flag.default(true),
    'Name the bucket in the path of addresses, as nearly all stores understand it; off names it in the host.',
  ),
  'blobs.prefix': setting(
    z
      .string()
      .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]{0,59}\/){0,3}$/, 'is no prefix: words that end in /')
      .default(''),
    'What the keys of all objects begin with, such as `vitascope/`, for a bucket that others use too.',
  ),
  'blobs.cache_bytes': setting(
    whole(64 * 1024 ** 2, 2 ** 44).default(20 * GIB),
    'Room in the data folder, for each process, for parts of objects that FFmpeg is reading or may read again. Only with an object store.',
  ),
  'accounts.sign_up': setting(
    z.enum(['open', 'approval', 'closed']).default('open'),
    'Who may make an account, until staff decides otherwise in the browser; with approval staff lets each one in. The first account can always be made.',
  ),
  'accounts.quota_bytes': setting(
    whole(0, 2 ** 52).default(500 * GIB),
    'Space for the sources of one account, for accounts made from now on.',
  ),
  'accounts.session_days': setting(whole(1, 365).default(30), 'Days a session lasts after it was last used.'),
  'comments.trust_after_hours': setting(
    whole(0, 24 * 365).default(24),
    'Hours after which the links in comments of a new account no longer wait for approval; 0 trusts everybody.',
  ),
  'accounts.grace_days': setting(
    whole(0, 365).default(14),
    'Days until an account that its owner wants deleted is gone.',
  ),
  'oidc.issuer': setting(
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'Address of an OpenID Connect provider by which people may sign in; empty for none.',
  ),
  'oidc.client_id': setting(z.string().default(''), 'What the provider calls this platform.'),
  'oidc.client_secret': setting(z.string().default(''), 'The secret the provider has given this platform.'),
  'oidc.name': setting(
    z.string().max(40).default('your organisation'),
    'What the provider is called on the sign-in page.',
  ),
  'webhooks.private_addresses': setting(
    flag.default(false),
    'Let webhooks and pushes go to private addresses too: only where everybody with an account may reach them anyway.',
  ),
  'mail.server': setting(
    z.union([z.literal(''), z.string().regex(/^smtps?:\/\//)]).default(''),
    'Mail server, such as smtp://name:password@mail.example.org:587; empty writes letters to the folder `mail` in the data folder.',
  ),
  'mail.from': setting(
    z
      .string()
      .regex(/^[^\r\n]+@[^\r\n]+$/)
      .default('Vitascope <vitascope@localhost>'),
    'Whom letters come from.',
  ),
  'uploads.max_bytes': setting(whole(1, 2 ** 46).default(10 * GIB), 'Largest file that may be uploaded.'),
  'uploads.expire_hours': setting(
    whole(1, 24 * 30).default(48),
    'Hours after which an unfinished upload is removed, counted from its last byte.',
  ),
  'uploads.reserve_bytes': setting(
    whole(0, 2 ** 46).default(2 * GIB),
    'Free space on the disk that uploads never touch.',
  ),
  'transcode.ffmpeg': setting(z.string().min(1).default('ffmpeg'), 'The ffmpeg program: a name on the PATH or a path.'),
  'transcode.ffprobe': setting(
    z.string().min(1).default('ffprobe'),
    'The ffprobe program: a name on the PATH or a path.',
  ),
  'transcode.preset': setting(
    z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow']).default('veryfast'),
    'x264 preset of all H.264 renditions.',
  ),
  'transcode.eager_short_side': setting(
    whole(0, 4320).default(1080),
    'Renditions up to this short side are made at once; larger ones when somebody watches them. Staff may choose otherwise in the browser.',
  ),
  'transcode.max_short_side': setting(whole(240, 2160).default(2160), 'No rendition is larger than this.'),
  'transcode.per_title': setting(
    flag.default(true),
    'Try every title out before most of it is encoded, and tune quality and ceilings of its renditions by what was found.',
  ),
  'transcode.pass_through': setting(
    flag.default(true),
    'Take the frames of a fit source (H.264, key frames close together) as its top rendition, instead of encoding them anew.',
  ),
  'transcode.while_uploading': setting(
    flag.default(true),
    'Begin to encode a file (MP4, MOV, Matroska, WebM) while it is still being uploaded.',
  ),
  'transcode.loudness_lufs': setting(
    z.union([z.literal('off'), z.coerce.number().min(-31).max(-8)]).default(-14),
    'Loudness that all titles are brought to (EBU R 128), or off: each stays as loud as it is.',
  ),
  'transcode.surround': setting(
    flag.default(true),
    'Make sound of a source that has 5.1 channels or more in 5.1, too, beside the mix for two that everything plays.',
  ),
  'transcode.second_codecs': setting(
    list(z.enum(['av1', 'hevc', 'vp9']))
      .pipe(z.array(z.enum(['av1', 'hevc', 'vp9'])))
      .default(['av1']),
    'Codecs beside H.264 that renditions of much watched videos are made in as well: any of av1, hevc, vp9.',
  ),
  'transcode.max_duration_hours': setting(whole(1, 48).default(13), 'Longest source that is accepted.'),
  'transcode.span_seconds': setting(
    whole(4, 600).default(30),
    'Length of what one bulk encode makes, and so the most that a crash can cost.',
  ),
  'transcode.jail': setting(
    z.enum(['auto', 'bubblewrap', 'limits']).default('auto'),
    'How FFmpeg is confined; auto takes bubblewrap where it works. limits is for machines that forbid namespaces.',
  ),
  'renditions.complete_after_minutes': setting(
    whole(1, 10 ** 9).default(10),
    'A rendition that is made on request is completed once it has been watched for so many minutes in all. Staff may choose otherwise in the browser.',
  ),
  'renditions.second_codecs_after_minutes': setting(
    whole(1, 10 ** 9).default(600),
    'A video that was watched for so many minutes in all gets its renditions in the second codecs. Staff may choose otherwise in the browser.',
  ),
  'renditions.evict_after_days': setting(
    whole(0, 3650).default(90),
    'A rendition nobody has watched for so many days is taken away, and made again on request; 0 keeps all. Never the lowest one. Staff may choose otherwise in the browser.',
  ),
  'captions.transcriber': setting(
    z.string().default(''),
    'Command that writes captions from speech, in the manner of whisper.cpp: `whisper-cli -m /models/base.bin -l {language} -f {audio} -ovtt -of {output}`. Empty: none.',
  ),
  'captions.transcriber_minutes': setting(
    whole(1, 6000).default(240),
    'After so many minutes a transcription is given up.',
  ),
  'worker.processes': setting(whole(1, 64).default(1), 'Worker processes that `serve` keeps running beside the API.'),
  'worker.bulk_slots': setting(
    whole(0, 64).default(Math.max(1, Math.min(64, Math.floor(cpus().length / 2)))),
    'Bulk encodes at a time in one worker process, as long as so many wait and memory allows; they share its threads.',
    'half the number of processors, at least 1 and at most 64',
  ),
  'worker.now_slots': setting(
    whole(1, 64).default(Math.max(2, cpus().length)),
    'Encodes at a time that somebody waits for, in one worker process.',
    'the number of processors, at least 2',
  ),
  'worker.threads': setting(
    whole(1, 128).default(Math.max(1, cpus().length)),
    'Threads of one FFmpeg that has the machine to itself.',
    'the number of processors',
  ),
  'search.engine': setting(
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'Address of an OpenSearch that holds the search index, such as https://name:password@search.example.org:9200; empty keeps it in the memory of each process of the API.',
  ),
  'search.engine_prefix': setting(
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,40}$/)
      .default('vitascope'),
    'What the names of the indexes there begin with.',
  ),
  'search.encoder': setting(
    z.union([z.enum(['', 'packaged']), z.url({ protocol: /^https?$/ })]).default(''),
    'What tells which texts mean alike, so that searches find neighbours in meaning as well: `packaged` for the English model that is installed with the platform, or an address in the manner of https://models.example.org/v1/embeddings. Empty: none.',
  ),
  'search.encoder_model': setting(z.string().max(200).default(''), 'The model that is asked for at that address.'),
  'search.encoder_key': setting(z.string().max(500).default(''), 'The key sent to that address.'),
  'search.encoder_least': setting(
    z.coerce.number().min(0).max(1).default(0.5),
    'How alike (cosine) a video must be to count as a neighbour: models differ in what they call alike.',
  ),
  'delivery.grant_hours': setting(
    whole(1, 48).default(6),
    'Hours for which a playback address of a private or unlisted video works.',
  ),
  'delivery.memory_bytes': setting(
    whole(0, 2 ** 36).default(64 * 1024 ** 2),
    'Memory in which the origin keeps small, recent pieces.',
  ),
  'analytics.view_seconds': setting(
    whole(1, 600).default(30),
    'Seconds of watching that make a view; half of it is enough for a video shorter than twice that.',
  ),
  'analytics.clickhouse_url': setting(
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'Address of a ClickHouse server (18.16 or younger) that keeps the sums, such as `http://name:password@host:8123/database`; empty keeps them in the database. Sums made before are not carried over.',
  ),
  'analytics.price_sent': setting(
    z.coerce.number().min(0).max(1000).default(0),
    'What sending a gigabyte to viewers costs, for the figures; 0 shows no cost.',
  ),
  'analytics.price_stored': setting(
    z.coerce.number().min(0).max(1000).default(0),
    'What storing a gigabyte for a month costs, for the figures; 0 shows no cost.',
  ),
  'analytics.currency': setting(
    z
      .string()
      .regex(/^[A-Z]{3}$/, 'is not a code of ISO 4217')
      .default('EUR'),
    'Currency of these prices, as a code of ISO 4217.',
  ),
  'analytics.raw_days': setting(
    whole(1, 400).default(14),
    'Days for which reports of players are kept as they came; sums are kept for good.',
  ),
  'analytics.archive_days': setting(
    whole(0, 4000).default(400),
    'Days for which older reports are kept as Parquet files in the blob store, without anything that tells viewers apart; 0 keeps none.',
  ),
} as const

type Settings = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name]['schema']> }

/** The settings, frozen, by dotted name: `config['http.port']`. */
export type Config = Readonly<Settings>

/** Name of the environment variable of a setting: `http.port` -> VITASCOPE_HTTP_PORT. */
export function environmentName(name: string): string {
  return `VITASCOPE_${name.replaceAll('.', '_').toUpperCase()}`
}

/** Thrown when settings are wrong; the message lists all of them, a line each. */
export class BadSettings extends Error {
  constructor(wrong: string[]) {
    super(`The settings are wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`)
    this.name = 'BadSettings'
  }
}

/**
 * Reads the settings: `given` (from the command line or a test, by dotted name) before the environment before the
 * defaults. Throws BadSettings. An environment name that begins with VITASCOPE_ and belongs to no setting is wrong too.
 */
export function readConfig(
  given: Partial<Record<keyof Settings, unknown>> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const wrong: string[] = []
  const read: Record<string, unknown> = {}
  const known = new Set<string>()
  for (const [name, { schema }] of Object.entries(settings)) {
    const variable = environmentName(name)
    known.add(variable)
    const value = given[name as keyof Settings] ?? environment[variable]
    const result = schema.safeParse(
      value === '' && name !== 'http.public_address' && name !== 'db.url' && name !== 'mail.server' ? undefined : value,
    )
    if (result.success) read[name] = result.data
    else
      wrong.push(
        `${name} (${variable}) = ${JSON.stringify(value)}: ${result.error.issues.map((issue) => issue.message).join('; ')}`,
      )
  }
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('VITASCOPE_') && !known.has(variable)) wrong.push(`${variable}: there is no such setting`)
  }
  for (const name of Object.keys(given)) if (!(name in settings)) wrong.push(`${name}: there is no such setting`)
  if (wrong.length === 0) wrong.push(...wrongTogether(read as Config))
  if (wrong.length > 0) throw new BadSettings(wrong)
  read['data.folder'] = resolve(read['data.folder'] as string)
  return Object.freeze(read) as Config
}

/** The most of one object: ten thousand parts of 8 MiB. */
const MOST_OBJECT_BYTES = 10_000 * 8 * 1024 ** 2

/** What is right by itself and wrong beside the rest. */
function wrongTogether(config: Config): string[] {
  const wrong: string[] = []
  const isGiven = (name: 'blobs.key_id' | 'blobs.secret' | 'blobs.endpoint') => config[name] !== ''
  if (isGiven('blobs.key_id') !== isGiven('blobs.secret'))
    wrong.push('blobs.key_id and blobs.secret: give both, or neither')
  if (config['blobs.bucket'] === '') {
    if (isGiven('blobs.endpoint') || isGiven('blobs.key_id'))
      wrong.push('blobs.bucket (VITASCOPE_BLOBS_BUCKET): an object store is named, but no bucket in it')
  } else if (config['uploads.max_bytes'] > MOST_OBJECT_BYTES)
    wrong.push(`uploads.max_bytes: in an object store a file may have ${MOST_OBJECT_BYTES} bytes at most`)
  return wrong
}

/** The environment of a further process of ours: what we have, with these settings, changed by `changes`. */
export function environmentFor(config: Config, changes: Partial<Record<keyof Settings, string>>): NodeJS.ProcessEnv {
  const mine = Object.entries({ ...config, ...changes }).map(([name, value]) => [environmentName(name), String(value)])
  return { ...process.env, ...Object.fromEntries(mine) }
}

/** Where people reach the platform, for letters and pushes: nobody's request is there to tell. Without a slash at the end. */
export function siteAddress(config: Config): string {
  const fixed = config['http.public_address'].replace(/\/+$/, '')
  return fixed === '' ? `http://localhost:${config['http.port']}` : fixed
}

/** Folders in which the system looks for programs: not a setting of ours, but read here like all of the environment. */
export function searchPath(): string[] {
  return (process.env.PATH ?? '').split(':').filter(Boolean)
}
