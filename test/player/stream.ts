/** A small HLS stream for tests of the player alone: two qualities, sound in two languages and in 5.1, in fragmented MP4, made by FFmpeg. */
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const STREAM_SECONDS = 24
/** A second, and few: painting them in software is most of what these tests cost. */
const PICTURES = 10

/** Writes main.m3u8, 360p/, 720p/, audio/, audio2/ and audio-surround/ into `folder`. */
export async function makeStream(folder: string): Promise<void> {
  const length = `duration=${STREAM_SECONDS}`
  await run('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-y'],
    ...[
      '-f',
      'lavfi',
      '-i',
      `gradients=size=1280x720:rate=${PICTURES}:${length}:speed=0.02:c0=0x0b3d3a:c1=0xd98324:c2=0x12283f:c3=0x5ed3c4:n=4`,
    ],
    ...['-f', 'lavfi', '-i', `sine=frequency=220:${length}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=330:${length}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=220:${length}`],
    ...['-filter_complex', '[3:a]pan=5.1|FC=c0[around];[0:v]split[a][b];[a]scale=640:360[low]'],
    ...['-map', '[low]', '-map', '[b]', '-map', '1:a', '-map', '2:a', '-map', '[around]'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
    ...['-g', String(PICTURES * 2), '-sc_threshold', '0'],
    ...['-b:v:0', '500k', '-b:v:1', '1500k', '-c:a', 'aac', '-b:a', '96k'],
    ...['-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(folder, '%v/%d.m4s')],
    ...[
      '-var_stream_map',
      'v:0,agroup:sound,name:360p v:1,agroup:sound,name:720p ' +
        'a:0,agroup:sound,default:yes,language:en,name:audio a:1,agroup:sound,language:fr,name:audio2 ' +
        'a:2,agroup:around,default:yes,language:en,name:audio-surround',
    ],
    ...['-master_pl_name', 'main.m3u8', join(folder, '%v/index.m3u8')],
  ])
  await addSurround(join(folder, 'main.m3u8'))
}

/** Gives the group in 5.1 its second language and its variants. */
async function addSurround(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  const french = /#EXT-X-MEDIA:.*audio2.*\n/.exec(text)![0].replace('group_sound', 'group_around')
  const variants = [...text.matchAll(/#EXT-X-STREAM-INF:.*\n.*\n/g)].map(([variant]) =>
    variant
      .replace('group_sound', 'group_around')
      .replace(/BANDWIDTH=(\d+)/, (_, bits) => `BANDWIDTH=${Number(bits) + 2e5}`),
  )
  const said = text.replace(/(TYPE=AUDIO.*audio-surround.*)/, 'CHANNELS="6",$1')
  await writeFile(path, `${said.trimEnd()}\n${french}${variants.join('')}`)
}

/** All playlists of the stream by address relative to main.m3u8, as the server inlines them. */
export async function readPlaylists(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.m3u8'))
  const read = async (name: string) =>
    // What ours say and those of FFmpeg leave out.
    (await readFile(join(folder, name), 'utf8')).replaceAll(',RESOLUTION=', `,FRAME-RATE=${PICTURES}.000,RESOLUTION=`)
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])))
}
