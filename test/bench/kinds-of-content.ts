/** Kinds of content for benches of picture quality: generated ones, and stretches of real files where they are there. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const REAL = '../shared/media'

export interface Content {
  name: string
  size: string
  rate: number
  input: string[]
  /** Real files may be shorter than the bench is long: they go forth and back. */
  seconds?: number
}

/** Each at its own size, up to 1080 lines; `seconds` long. */
export function kindsOfContent(): Content[] {
  const made = (name: string, size: string, graph: string): Content => ({
    ...{ name, size, rate: 25 },
    input: ['-f', 'lavfi', '-i', graph.replaceAll('SIZE', size)],
  })
  const real = (name: string, file: string, it: { size: string; rate: number; at?: number; seconds: number }) =>
    existsSync(`${REAL}/${file}`)
      ? [{ ...it, name, input: ['-i', `${REAL}/${file}`, '-ss', String(it.at ?? 0)] } satisfies Content]
      : []
  const dark = 'eq=brightness=-0.25:contrast=0.35,noise=alls=4:allf=t'
  return [
    made('drawing', '1280x720', 'testsrc2=s=SIZE:r=25'),
    made('zoom into fine detail', '1920x1080', 'mandelbrot=s=SIZE:r=25'),
    made('noise', '1280x720', 'testsrc2=s=SIZE:r=25,noise=alls=25:allf=t'),
    made('dark', '1280x720', `mandelbrot=s=SIZE:r=25,${dark}`),
    made('screen', '1280x720', 'life=s=320x180:r=5:mold=10:ratio=0.1:seed=7,scale=1280x720:flags=neighbor,fps=25'),
    made('fast motion', '1280x720', "testsrc2=s=2560x1440:r=25,crop=1280:720:'640+600*sin(6*t)':'360+340*cos(5*t)'"),
    ...real('animation', 'mediabunny__hevc.ts', { size: '1280x720', rate: 24, at: 2, seconds: 3 }),
    ...real('natural, phone', 'media3__sample_edit_list.mp4', { size: '720x1280', rate: 30, seconds: 2.5 }),
    ...real('natural, detail', 'media3__video_dovi_1920x1080_60fps_dvav_09.mp4', {
      ...{ size: '1280x720', rate: 30, seconds: 1.25 },
    }),
    ...real('natural, sport', 'vmafres__Seeking_30_480_1050.mp4', { size: '720x480', rate: 25, seconds: 6 }),
    ...real('a person talking', 'media3__sample_without_stss.mp4', { size: '1080x720', rate: 30, seconds: 1 }),
    ...real('screen recording', 'mediabunny__cursed-vfr.mp4', { size: '1280x586', rate: 30, seconds: 8.5 }),
    ...real('motion graphics', 'mediabunny__transparency.webm', { size: '1280x720', rate: 30, seconds: 9 }),
  ]
}

/** Writes it without loss, as everybody's source: upright, square pixels, Rec. 709. */
export async function writeContent(folder: string, content: Content, seconds: number): Promise<string> {
  const { name, size, rate, input } = content
  const path = join(folder, `${name.replace(/\W+/g, '-')}.mkv`)
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv']
  const shape = `scale=${size.replace('x', ':')}:out_color_matrix=bt709:out_range=tv,setsar=1,format=yuv420p,fps=${rate}`
  const there = Math.round(Math.min(content.seconds ?? seconds, seconds) * rate)
  const back = there < Math.floor(seconds * rate) ? `,split[a][b];[b]reverse[c];[a][c]concat,loop=-1:${2 * there}` : ''
  const graph = `[0:v]${shape},setpts=N/${rate}/TB,trim=end_frame=${there}${back},setpts=N/${rate}/TB,trim=end_frame=${Math.floor(seconds * rate)}`
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y', ...input, '-an', '-filter_complex', graph, ...tags],
    ...['-c:v', 'libx264', '-qp', '0', '-preset', 'ultrafast', '-g', String(rate * 2), path],
  ])
  return path
}
