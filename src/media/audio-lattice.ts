// Finding where a codec's frames truly begin when the container's clock is too coarse to say (Matroska and FLV count milliseconds).
// Sound made from such times would start up to half a millisecond off, differently for each segment, and every join would crackle.

const CANDIDATES: Record<string, number[]> = {
  aac: [1024, 2048, 960, 1920],
  aac_latm: [1024, 2048],
  mp3: [1152, 576],
  mp2: [1152],
  ac3: [1536],
  eac3: [1536, 768, 512, 256],
  dts: [512, 1024, 2048],
  opus: [120],
  vorbis: [64],
  flac: [4096, 4608, 1152],
  alac: [4096],
}

/**
 * @param times presentation times of the first packets, in seconds @param tickSeconds one tick of the container's clock
 * Undefined when the clock is exact enough by itself, or when the frames do not lie on a lattice (jitter of a live capture).
 */
export function findLattice(codec: string, sampleRate: number, times: number[], tickSeconds: number) {
  if (tickSeconds * sampleRate <= 1.01 || times.length < 8) return undefined
  const tolerance = 0.6 * tickSeconds * sampleRate
  for (const samples of CANDIDATES[codec] ?? spacingsOf(times, sampleRate)) {
    if (tolerance >= samples / 2) continue
    const phase = phaseOf(
      times.map((time) => time * sampleRate),
      samples,
      tolerance,
    )
    if (phase !== undefined) return { samples, phase }
  }
  return undefined
}

/** For codecs without a frame size of their own (PCM): the mean spacing, to within what the clock's rounding leaves open. */
function spacingsOf(times: number[], sampleRate: number): number[] {
  const mean = ((times.at(-1)! - times[0]!) / (times.length - 1)) * sampleRate
  const middle = Math.round(mean)
  return [middle, middle - 1, middle + 1].filter((samples) => samples >= 64)
}

/** The offset, in whole samples, that puts every position within `tolerance` of a multiple of `samples`: the middle of the residues. */
function phaseOf(positions: number[], samples: number, tolerance: number): number | undefined {
  const origin = positions[0]!
  const residues = positions.map((position) => {
    const distance = position - origin
    return distance - Math.round(distance / samples) * samples
  })
  const low = Math.min(...residues)
  const high = Math.max(...residues)
  if (high - low > 2 * tolerance) return undefined
  const phase = Math.round(origin + (low + high) / 2)
  return ((phase % samples) + samples) % samples
}
