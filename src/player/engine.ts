/** The port of the engine: what brings the stream into the media element, and what it tells of it. */
import type { Playback } from '../contract/watch.ts'
import type { Failure, Quality, SoundTrack } from './store.ts'

export interface Engine {
  /** Plays one quality from the next piece on, or lets the engine choose again. */
  choose(level: number | 'auto'): void
  /** Goes over to another of the sounds it has told of. */
  chooseSound(index: number): void
  close(): void
}

/** What an engine tells. */
export interface EngineEvents {
  qualities(found: readonly Quality[]): void
  playing(level: number): void
  /** The sounds that can be chosen, and which of them is heard (-1: none of them yet). */
  sounds(found: readonly SoundTrack[], heard: number): void
  /** Whether the server asked to wait for a piece that is still being made. */
  stillMaking(waiting: boolean): void
  /** The addresses no longer work: the grant has expired, or the video is gone. */
  refused(): void
  failed(code: FailureCode): void
}

export type FailureCode = 'network' | 'media' | 'unsupported' | 'gone'

/** Where a playback begins, and in which language it is heard where there is that one. */
export interface Beginning {
  startMs: number
  soundWanted: string
}

export type OpenEngine = (
  video: HTMLVideoElement,
  playback: Playback,
  beginning: Beginning,
  events: EngineEvents,
) => Promise<Engine>

/** The name of a quality by its picture: the short side, nominally, and the frame rate where it is a fast one. */
export function qualityLabel(width: number, height: number, frameRate = 0): string {
  const side = Math.min(width, height)
  const nominal = [360, 480, 720, 1080, 1440, 2160, 4320].find((rung) => side <= rung && side >= rung * 0.9) ?? side
  const name = nominal === 2160 ? '4K' : nominal === 4320 ? '8K' : `${nominal}p`
  return frameRate > 32 ? `${name}${Math.round(frameRate)}` : name
}

/** A failure in the words of the viewer. */
export function sayFailure(code: FailureCode, sentences: Record<FailureCode, string>): Failure {
  return { code, sentence: sentences[code] }
}
