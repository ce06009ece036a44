/** Shaka Packager, as its npm package ships it: what another packager makes of a clip, in clear or protected. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Keys of the two classes of tracks, by key id. */
export const SHAKA_KEYS = {
  '000102030405060708090a0b0c0d0e0f': '00112233445566778899aabbccddeeff',
  '101112131415161718191a1b1c1d1e1f': '102132435465768798a9bacbdcedfe0f',
}

/** A track that is to be packaged: the folder it goes to, and the file and kind of stream it comes from. */
export interface ShakaTrack {
  name: string
  path: string
  stream: 'video' | 'audio'
}

/** Packages into `folder` as main.m3u8 and main.mpd over `{name}/{n}.m4s`, numbered from 1. */
export async function shakaPackage(
  folder: string,
  tracks: ShakaTrack[],
  options: { segmentSeconds: number; scheme?: 'cenc' | 'cbcs' },
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const [pictures, sound] = Object.entries(SHAKA_KEYS)
  const protection = options.scheme
    ? [
        ...['--protection_scheme', options.scheme, '--enable_raw_key_encryption', '--clear_lead', '0'],
        ...[
          '--keys',
          `label=P:key_id=${pictures![0]}:key=${pictures![1]},label=S:key_id=${sound![0]}:key=${sound![1]}`,
        ],
        ...['--protection_systems', 'CommonSystem'],
      ]
    : []
  const words = tracks.map(({ name, path, stream }) => {
    const video = stream === 'video'
    const where = `init_segment=${name}/init.mp4,segment_template=${name}/$Number$.m4s,playlist_name=${name}/index.m3u8`
    return `in=${path},stream=${stream},${where},drm_label=${video ? 'P' : 'S'}${video ? '' : ',hls_group_id=audio,lang=en'}`
  })
  const manifests = [
    '--mpd_output',
    'main.mpd',
    '--generate_static_live_mpd',
    '--hls_master_playlist_output',
    'main.m3u8',
  ]
  await promisify(execFile)(
    process.execPath,
    [
      createRequire(import.meta.url).resolve('shaka-packager'),
      ...words,
      ...['--segment_duration', String(options.segmentSeconds), ...protection, ...manifests],
    ],
    { cwd: folder, timeout: 60_000 },
  )
}

/** Whether there is a binary of it for this machine. */
export const hasShakaPackager =
  ['x64', 'arm64'].includes(process.arch) && ['linux', 'darwin'].includes(process.platform)

export const shakaMain = (folder: string): { hls: string; dash: string } => ({
  hls: join(folder, 'main.m3u8'),
  dash: join(folder, 'main.mpd'),
})
