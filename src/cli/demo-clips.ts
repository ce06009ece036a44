/** The clips of the demonstration: made by FFmpeg out of nothing, told as a living site would. */
import type { Category } from '../contract/shapes.ts'

export interface DemoChannel {
  handle: string
  name: string
}

export interface DemoClip {
  channel: string
  title: string
  description: string
  tags: string[]
  category: ReturnType<typeof Category.parse>
  seconds: number
  /** A filter graph with the outputs `out0` (picture) and `out1` (sound). */
  graph: string
}

export const DEMO_CHANNELS: DemoChannel[] = [
  { handle: 'cell-garden', name: 'Cell Garden' },
  { handle: 'deep-zoom', name: 'Deep Zoom' },
  { handle: 'slow-colours', name: 'Slow Colours' },
  { handle: 'test-card-society', name: 'Test Card Society' },
  { handle: 'signal-and-noise', name: 'Signal & Noise' },
]

/** A chord that breathes: tones in Hz under a slow swell. */
function chord(tones: number[], swellHz: number): string {
  const part = (0.5 / tones.length).toFixed(3)
  const sum = (list: number[]) => list.map((tone) => `sin(2*PI*${tone}*t)`).join('+')
  // Left and right swell against each other, so that the sound has a place.
  const side = (phase: string) => `${part}*(${sum(tones)})*(0.6+0.4*sin(2*PI*${swellHz}*t${phase}))`
  return `aevalsrc='${side('')}|${side('+PI/2')}':s=48000`
}

export const DEMO_CLIPS: DemoClip[] = [
  {
    channel: 'cell-garden',
    title: 'One evening in the Game of Life',
    description:
      "A random garden, Conway's four rules, and twenty seconds of patience. Green is alive, red has just died.\n\nNothing here was planned, which is rather the point.",
    tags: ['game of life', 'cellular automata', 'conway', 'generative'],
    category: 'science',
    seconds: 20,
    graph: `life=size=128x72:rate=10:ratio=0.3:mold=12:life_color=#73e08a:death_color=#d0485c:mold_color=#141d2b,scale=640:360:flags=neighbor[out0];${chord([196, 246.9, 293.7], 0.2)}[out1]`,
  },
  {
    channel: 'deep-zoom',
    title: 'A slow dive into the Mandelbrot set',
    description: 'Down the seahorse valley without a cut. Best in the dark, best without headphones, best twice.',
    tags: ['mandelbrot', 'fractal', 'zoom', 'mathematics'],
    category: 'science',
    seconds: 12,
    graph: `mandelbrot=size=320x180:rate=20:maxiter=300:end_scale=0.01:end_pts=240,scale=854:480[out0];${chord([110, 164.8, 220], 0.1)}[out1]`,
  },
  {
    channel: 'test-card-society',
    title: 'The HD test card, and what every patch of it is for',
    description:
      'SMPTE RP 219: the 75 % bars, the ramps, the black-level steps at the bottom right. Set your screen by it, then enjoy your films.',
    tags: ['test card', 'smpte', 'colour bars', 'calibration'],
    category: 'education',
    seconds: 12,
    graph:
      'smptehdbars=size=1920x1080:rate=25[out0];sine=frequency=1000:sample_rate=48000,volume=0.3,pan=stereo|c0=c0|c1=c0[out1]',
  },
  {
    channel: 'slow-colours',
    title: 'Forty seconds of colour for a rainy morning',
    description: 'Put it on the big screen, turn the sound down, make tea.',
    tags: ['ambient', 'gradient', 'relaxing', 'background'],
    category: 'music',
    seconds: 40,
    graph: `gradients=size=160x90:rate=24:speed=0.012:nb_colors=4:seed=7:c0=#1b3a5c:c1=#d98c5f:c2=#6b4e9b:c3=#2f7f79,scale=1280:720:flags=bicubic[out0];${chord([174.6, 220, 261.6, 329.6], 0.08)}[out1]`,
  },
  {
    channel: 'signal-and-noise',
    title: 'Two tones draw a figure: oscilloscope music',
    description:
      'What you hear is what you see: left moves the beam across, right moves it up. A fifth, slightly out of tune, turns on the spot.',
    tags: ['oscilloscope', 'lissajous', 'sound', 'experiment'],
    category: 'music',
    seconds: 16,
    graph:
      "aevalsrc='0.5*sin(2*PI*220*t)|0.5*sin(2*PI*330.2*t+0.3*sin(t))':s=48000,asplit[out1][seen];[seen]avectorscope=size=480x480:rate=25:mode=lissajous_xy:draw=line:scale=lin:zoom=1.6:rc=60:gc=220:bc=130:rf=40:gf=30:bf=40,format=yuv420p[out0]",
  },
  {
    channel: 'cell-garden',
    title: 'Rule 110, line by line',
    description:
      'One line of cells, one rule of eight cases, and it can compute anything that can be computed. Watch the gliders meet.',
    tags: ['rule 110', 'wolfram', 'cellular automata'],
    category: 'science',
    seconds: 18,
    graph: `cellauto=size=320x180:rule=110:rate=20:scroll=1:random_fill_ratio=0.5,scale=640:360:flags=neighbor[out0];${chord([130.8, 196, 233.1], 0.3)}[out1]`,
  },
  {
    channel: 'slow-colours',
    title: 'Dusk in a narrow window',
    description: 'Filmed upright, as phones like it. The sky does the rest.',
    tags: ['portrait', 'vertical', 'dusk', 'ambient'],
    category: 'nature',
    seconds: 16,
    graph: `gradients=size=90x160:rate=30:speed=0.02:nb_colors=5:seed=3:x0=45:y0=0:x1=45:y1=160:c0=#0b1026:c1=#3b2a5e:c2=#a8485a:c3=#f0935a:c4=#ffd9a0,scale=720:1280:flags=bicubic[out0];${chord([146.8, 220, 277.2], 0.12)}[out1]`,
  },
  {
    channel: 'test-card-society',
    title: 'The moving pattern at sixty frames a second',
    description: 'If the sweep stutters, it is your player. It is never our test card.',
    tags: ['test pattern', '60fps', 'smoothness'],
    category: 'technology',
    seconds: 10,
    graph:
      'testsrc2=size=854x480:rate=60[out0];sine=frequency=440:beep_factor=4:sample_rate=48000,volume=0.4,pan=stereo|c0=c0|c1=c0[out1]',
  },
  {
    channel: 'signal-and-noise',
    title: 'What a rising chirp looks like',
    description: 'A hundred to four thousand hertz and back, over and over, with the wave drawn as it sounds.',
    tags: ['wave', 'chirp', 'sound', 'fourier'],
    category: 'education',
    seconds: 20,
    graph:
      "aevalsrc='0.4*sin(2*PI*(100*t+390*(mod(t,5)*mod(t,5)/2+12.5*floor(t/5))))':s=48000,pan=stereo|c0=c0|c1=c0,asplit[out1][seen];[seen]showwaves=size=640x360:mode=cline:rate=25:colors=0x5fd0e0|0x5fd0e0,format=yuv420p[out0]",
  },
  {
    channel: 'deep-zoom',
    title: 'Sierpinski carpets, seen from a slow train',
    description:
      'The same square with its middle missing, and again, and again. We look out of the window as it goes by.',
    tags: ['sierpinski', 'fractal', 'geometry'],
    category: 'animation',
    seconds: 12,
    graph: `sierpinski=size=512x288:rate=20:type=carpet:seed=11[out0];${chord([164.8, 207.7, 246.9], 0.25)}[out1]`,
  },
  {
    channel: 'test-card-society',
    title: 'PAL bars, the way they looked at four in the morning',
    description:
      'Four by three, seventy-five per cent, and that tone. For everybody who ever fell asleep in front of the set.',
    tags: ['pal', 'retro', 'colour bars', '4:3'],
    category: 'film',
    seconds: 10,
    graph:
      'pal75bars=size=768x576:rate=25,noise=alls=6:allf=t[out0];sine=frequency=1000:sample_rate=48000,volume=0.2,pan=stereo|c0=c0|c1=c0[out1]',
  },
  {
    channel: 'signal-and-noise',
    title: 'Eight seconds of an empty channel',
    description: 'About one per cent of it used to be the beginning of the universe.',
    tags: ['static', 'noise', 'retro', 'short'],
    category: 'entertainment',
    seconds: 8,
    graph:
      'color=c=gray:size=320x240:rate=25,noise=alls=60:allf=t,format=gray,format=yuv420p[out0];anoisesrc=color=pink:amplitude=0.12:sample_rate=48000,pan=stereo|c0=c0|c1=c0[out1]',
  },
]
