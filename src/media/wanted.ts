// What a program is going to read of a source, in seconds: from this and the container's own index follow the bytes it needs.

/** Times are on the source's own clock. The head of the file, by which FFmpeg knows what it is, is always wanted. */
export type Wanted = {
  /** Streams whose packets are used; all of them when left out. */
  streams?: readonly number[]
  stretches: readonly WantedStretch[]
}

/** `from` is the time that is sought, -Infinity where reading begins with the file. Packets up to `to` are used, and none after. */
export type WantedStretch = { from: number; to: number }

/** Enough to know what a file is. */
export const HEAD: Wanted = { stretches: [] }

/** All of some streams, from the first packet to the last. */
export const allOf = (...streams: number[]): Wanted => ({
  streams,
  stretches: [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }],
})

/** Seeks land this much before what is asked for in some containers, whose clock is that of decoding. */
export const SEEK_SLACK_SECONDS = 0.5
/** Neighbours lie interleaved: packets of one time are not in one place. */
export const BEFORE_SECONDS = 1.5
/** FFmpeg reads ahead of what it shows, and frames lie in the file in another order than they are shown. */
export const AFTER_SECONDS = 3
/** The same where frames are far apart. */
export const AFTER_FRAMES = 48
/** What our commands let FFmpeg read to know what a file is (`-analyzeduration`, `-probesize`), and a little more. */
export const HEAD_SECONDS = 11
export const HEAD_SIZE_BYTES = 21 * 1024 * 1024
/** What is listed of a file that is looked at, to see its rate and its key frames, of whatever stream, and a little more. */
export const HEAD_PACKETS = 260
/** The first bytes say which container it is. */
export const FIRST_BYTES = 64 * 1024
