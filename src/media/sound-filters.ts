// FFmpeg filter chains for the sound: every sample gets its place on the title's 48 kHz grid from its own time alone, so that pieces
// encoded apart fit together to the sample.

import type { SourceSound } from './plan.ts'
import { gcd } from './rational.ts'
import { AUDIO_FRAME_SAMPLES, AUDIO_RATE, type FrameRange } from './timeline.ts'

/** AAC frames encoded before the first wanted one and dropped: its encoder's window choice and bit budget settle within a few. */
export const PREROLL_FRAMES = 24
/** Frames encoded after the last wanted one: its window reaches one frame on, and the choice of window looks further. */
export const POSTROLL_FRAMES = 4

/** The sample range to encode so that the frames of `range` come out as in a long encode, in samples at 48 kHz. */
export function sampleRange(range: FrameRange): { from: number; to: number } {
  const from = Math.max(0, range.from - PREROLL_FRAMES)
  return { from: from * AUDIO_FRAME_SAMPLES, to: (range.to + POSTROLL_FRAMES) * AUDIO_FRAME_SAMPLES }
}

/**
 * Where resampling must begin for `from` (at 48 kHz) so that the two grids meet: 44,100 and 48,000 do so every 147 source samples.
 * Begun anywhere else, the result would lie up to half a sample off, differently each time.
 */
export function resampleStart(sampleRate: number, from: number): number {
  const common = gcd(sampleRate, AUDIO_RATE)
  return Math.floor(from / (AUDIO_RATE / common)) * (sampleRate / common)
}

/** `zeroSeconds`: the title's zero on the clock FFmpeg delivers. `samples`: what to deliver, from `sampleRange`. */
export function soundChain(
  sound: SourceSound,
  zeroSeconds: number,
  samples: { from: number; to: number },
  fromStart: boolean,
): string[] {
  const { sampleRate, lattice } = sound
  const zero = Math.round(zeroSeconds * sampleRate)
  const time = lattice ? `round((PTS-${lattice.phase})/${lattice.samples})*${lattice.samples}+${lattice.phase}` : 'PTS'
  const start = fromStart ? 0 : resampleStart(sampleRate, samples.from)
  const layout = layoutOf(sound)
  return [
    `asetpts=${time}-(${zero})`,
    `atrim=start_pts=${start}`,
    ...(sound.surround ? [] : downmix(sound.channels)),
    // Gaps become silence and overlaps are cut at once. After a seek nothing is put before the first sample: that it is late must show.
    `aresample=${AUDIO_RATE}:ocl=${layout}:async=1:min_comp=0.00005:min_hard_comp=${tolerance(sound)}${fromStart ? ':first_pts=0' : ''}`,
    `aformat=sample_fmts=fltp:channel_layouts=${layout}`,
    ...level(sound.loudness),
    'apad',
    `atrim=start_pts=${samples.from}:end_pts=${samples.to}`,
    `asetpts=PTS-${samples.from}`,
  ]
}

/**
 * One gain for the whole title, then a limiter for the peaks it lifts. Its memory is a few hundredths of a second, far less than the
 * pre-roll, so pieces made apart still meet. It stops samples at -2 dB, so that the curve between them stays below -1 dB true peak.
 */
function level(loudness: SourceSound['loudness']): string[] {
  if (!loudness || (loudness.gainDb === 0 && loudness.why !== 'brought to the target')) return []
  return [`volume=${loudness.gainDb}dB:precision=float`, 'alimiter=level=0:limit=0.794:attack=4:release=40:latency=1']
}

/** What a sound is made in. Rears at the sides or at the back are the same two of 5.1; seven channels are mixed to it by FFmpeg's own matrix. */
const layoutOf = ({ surround }: SourceSound): string => (surround ? '5.1' : 'stereo')

/** Nothing is heard in this stretch. */
export function silenceChain(sound: SourceSound, samples: { from: number; to: number }): string[] {
  return [`anullsrc=r=${AUDIO_RATE}:cl=${layoutOf(sound)}`, `atrim=end_sample=${samples.to - samples.from}`]
}

/** With clocks that count samples, any gap is a real one; where the clock is coarse and jitters, only large ones are. */
function tolerance({ lattice, coarse }: SourceSound): string {
  return coarse && !lattice ? '0.05' : '0.00005'
}

/** One channel is heard from both sides; five or seven follow FFmpeg's own matrix; more than eight are unnamed and alternate left, right. */
function downmix(channels: number): string[] {
  if (channels === 1) return ['pan=stereo|c0=c0|c1=c0']
  if (channels <= 8) return []
  const side = (first: number) => {
    const members = Array.from({ length: Math.ceil((channels - first) / 2) }, (_, index) => first + index * 2)
    return members.map((channel) => `${(1 / members.length).toFixed(4)}*c${channel}`).join('+')
  }
  return [`pan=stereo|c0=${side(0)}|c1=${side(1)}`]
}
