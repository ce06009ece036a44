/** A small HLS stream for tests of the player alone: two qualities and sound in two languages in fragmented MP4, made by FFmpeg. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const STREAM_SECONDS = 24
/** A second, and few: painting them in software is most of what these tests cost. */
const PICTURES = 10

/** Writes main.m3u8, 360p/, 720p/, audio/ and audio2/ into `folder`. */
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
    ...['-filter_complex', '[0:v]split[a][b];[a]scale=640:360[low]'],
    ...['-map', '[low]', '-map', '[b]', '-map', '1:a', '-map', '2:a'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
    ...['-g', String(PICTURES * 2), '-sc_threshold', '0'],
    ...['-b:v:0', '500k', '-b:v:1', '1500k', '-c:a', 'aac', '-b:a', '96k'],
    ...['-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', join(folder, '%v/%d.m4s')],
    ...[
      '-var_stream_map',
      'v:0,agroup:sound,name:360p v:1,agroup:sound,name:720p ' +
        'a:0,agroup:sound,default:yes,language:en,name:audio a:1,agroup:sound,language:fr,name:audio2',
    ],
    ...['-master_pl_name', 'main.m3u8', join(folder, '%v/index.m3u8')],
  ])
}

/** All playlists of the stream by address relative to main.m3u8, as the server inlines them. */
export async function readPlaylists(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.m3u8'))
  const read = async (name: string) =>
    // What ours say and those of FFmpeg leave out.
    (await readFile(join(folder, name), 'utf8')).replaceAll(',RESOLUTION=', `,FRAME-RATE=${PICTURES}.000,RESOLUTION=`)
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])))
}
