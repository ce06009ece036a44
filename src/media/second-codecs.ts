// Second codecs: AV1, HEVC and VP9 renditions of the same timeline, for what is watched most. H.264 stays the base that everything plays;
// these say the same with fewer bits. Their names (RFC 6381) follow from size, rate and settings alone, before anything is encoded.

import type { PictureFormat } from './mp4-write.ts'
import { type Rational, toNumber } from './rational.ts'

export type SecondCodec = 'av1' | 'hevc' | 'vp9'

/** Bits that a second codec needs for the same picture, as a share of H.264's, and the constant quality that looks like its 23. */
const FAMILIES: Record<SecondCodec, { share: number; crf: number; step: number; worst: number; label: string }> = {
  av1: { share: 0.55, crf: 35, step: 1.6, worst: 55, label: 'AV1' },
  hevc: { share: 0.65, crf: 26, step: 1, worst: 36, label: 'HEVC' },
  vp9: { share: 0.65, crf: 33, step: 1.6, worst: 55, label: 'VP9' },
}
const USUAL_CRF = 23

/** Ten bits of a wider range need more than eight: banding shows where light falls off slowly. */
const HDR_SHARE = 0.85
const HDR_CRF = 24

export type SecondRung = {
  id: string
  label: string
  codecs: string
  level: number
  bitsPerSecond: number
  crf: number
}

/** A rung of the ladder in a second codec. */
export function secondRung(
  rung: { id: string; label: string; width: number; height: number; bitsPerSecond: number },
  codec: SecondCodec,
  rate: Rational,
): SecondRung {
  const { share, crf, label } = FAMILIES[codec]
  const { codecs, level } = nameOf(codec, rung.width, rung.height, rate)
  return {
    id: `${rung.id}-${codec}`,
    label: `${rung.label} ${label}`,
    codecs,
    level,
    bitsPerSecond: Math.round((rung.bitsPerSecond * share) / 1000) * 1000,
    crf,
  }
}

/** A rung in high dynamic range: HEVC with ten bits, in the source's own transfer. */
export function hdrRung(
  rung: { id: string; label: string; width: number; height: number; bitsPerSecond: number },
  rate: Rational,
): SecondRung {
  const second = secondRung(rung, 'hevc', rate)
  return {
    ...second,
    id: `${rung.id}-hdr`,
    label: `${rung.label} HDR`,
    codecs: `hvc1.2.4.L${second.level}.90`,
    bitsPerSecond: Math.round((rung.bitsPerSecond * HDR_SHARE) / 1000) * 1000,
    crf: HDR_CRF,
  }
}

/** The constant quality of a second codec that looks like one of H.264's. Their scales differ in zero and in step. */
export function secondQuality(codec: SecondCodec, crf: number): number {
  const { crf: usual, step, worst } = FAMILIES[codec]
  return Math.min(worst, Math.round(usual + (crf - USUAL_CRF) * step))
}

/** Type of the sample entry that a family is packaged in. */
export function formatOf(codec: 'avc' | SecondCodec): PictureFormat {
  return ({ avc: 'avc1', hevc: 'hvc1', av1: 'av01', vp9: 'vp09' } as const)[codec]
}

/** Families whose frames are decoded in another order than shown. AV1 and VP9 hide that inside their frames. */
export const isReordered = (format: string): boolean => format === 'avc1' || format === 'hvc1'

/** AV1's encoder can't be told where to put key frames: off its own grid, each segment is an encode of its own. */
export const takesForcedKeys = (codec: 'avc' | SecondCodec): boolean => codec !== 'av1'

/** The encoder's options for capped constant quality on the two-second grid, groups closed, one set of parameters for all pieces. */
export function secondCoding(
  codec: SecondCodec,
  rung: { bitsPerSecond: number; crf: number; level: number },
  gop: number,
  threads: number,
): string[] {
  const cap = String(rung.bitsPerSecond)
  const buffer = String(rung.bitsPerSecond * 2)
  if (codec === 'av1')
    return [
      ...['-c:v', 'libsvtav1', '-preset', '8', '-crf', String(rung.crf), '-maxrate', cap, '-bufsize', buffer],
      ...['-g', String(gop), '-svtav1-params', `scd=0:irefresh-type=2:lp=${threads}`],
    ]
  if (codec === 'hevc') {
    const fixed = 'scenecut=0:open-gop=0:bframes=3:b-pyramid=1:info=0:repeat-headers=0:high-tier=0:wpp=1:hrd=0'
    return [
      ...['-c:v', 'libx265', '-preset', 'fast', '-crf', String(rung.crf), '-maxrate', cap, '-bufsize', buffer],
      ...['-forced-idr', '1', '-tag:v', 'hvc1'],
      ...[
        '-x265-params',
        `log-level=error:keyint=${gop}:min-keyint=${gop}:${fixed}:level-idc=${rung.level / 3}:pools=${threads}`,
      ],
    ]
  }
  return [
    ...['-c:v', 'libvpx-vp9', '-deadline', 'good', '-cpu-used', '4', '-row-mt', '1', '-threads', String(threads)],
    ...['-crf', String(rung.crf), '-b:v', cap, '-g', String(gop), '-keyint_min', String(gop)],
    ...['-auto-alt-ref', '1', '-lag-in-frames', '16'],
  ]
}

type Level = [level: number, pixels: number, pixelsPerSecond: number]

/** AV1 bitstream specification, A.3: `seq_level_idx`, luma samples of a picture, and of a second. */
const AV1: Level[] = [
  [0, 147456, 4423680],
  [1, 278784, 8363520],
  [4, 665856, 19975680],
  [5, 1065024, 31950720],
  [8, 2359296, 70778880],
  [9, 2359296, 141557760],
  [12, 8912896, 267386880],
  [13, 8912896, 534773760],
  [14, 8912896, 1069547520],
  [16, 35651584, 1069547520],
]
/** ITU-T H.265 table A.8: thirty times the level. */
const HEVC: Level[] = [
  [30, 36864, 552960],
  [60, 122880, 3686400],
  [63, 245760, 7372800],
  [90, 552960, 16588800],
  [93, 983040, 33177600],
  [120, 2228224, 66846720],
  [123, 2228224, 133693440],
  [150, 8912896, 267386880],
  [153, 8912896, 534773760],
  [156, 8912896, 1069547520],
]
/** VP9 levels, ten times their number. */
const VP9: Level[] = [
  [10, 36864, 829440],
  [11, 73728, 2764800],
  [20, 122880, 4608000],
  [21, 245760, 9216000],
  [30, 552960, 20736000],
  [31, 983040, 36864000],
  [40, 2228224, 83558400],
  [41, 2228224, 160432128],
  [50, 8912896, 311951360],
  [51, 8912896, 588251136],
  [52, 8912896, 1176502272],
]

function nameOf(codec: SecondCodec, width: number, height: number, rate: Rational): { codecs: string; level: number } {
  const table = { av1: AV1, hevc: HEVC, vp9: VP9 }[codec]
  const pixels = width * height
  const found = table.find(([, most, perSecond]) => pixels <= most && pixels * toNumber(rate) <= perSecond)
  const level = (found ?? table.at(-1)!)[0]
  const digits = String(level).padStart(2, '0')
  // Main tier throughout; HEVC also says that its pictures are progressive and whole (`90`).
  if (codec === 'av1') return { codecs: `av01.0.${digits}M.08`, level }
  if (codec === 'hevc') return { codecs: `hvc1.1.6.L${level}.90`, level }
  return { codecs: `vp09.00.${digits}.08`, level }
}
