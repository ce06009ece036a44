/**
 * The jail: the only door through which FFmpeg and ffprobe are run. Without network, reading one input, within limits of
 * time, memory and output.
 */
import type { Readable } from 'node:stream'

export interface JailLimits {
  /** Wall clock, after which the whole process group is killed. */
  wallMs: number
  /** Address space, RLIMIT_AS. */
  memoryBytes: number
  /** Largest file or total that one output pipe may bring. */
  outputBytes: number
  /** 0 for normal, 10 for bulk. */
  nice: number
}

export interface JailedRun {
  program: 'ffmpeg' | 'ffprobe'
  /** Arguments; the input is named by `inputName`. */
  args: readonly string[]
  /** The one file that may be read, on this machine. Inside it has the name `JAIL_INPUT`. */
  inputPath?: string
  /** What comes on its standard input instead; it must be read or destroyed by nobody else. Should it break, the program is ended. */
  input?: Readable
  /** Descriptors from 3 on that are piped to us, in order. */
  pipes: number
  /** For programs that write one file (a remux): bound writable; inside it is the folder `JAIL_OUTPUT`. */
  outputFolder?: string
  limits: JailLimits
  signal?: AbortSignal
}

export interface JailedProcess {
  stdout: Readable
  /** Streams of descriptors 3, 4, ... in order. */
  pipes: Readable[]
  /** Resolves when all is over. `stderr` holds the last 16 KiB. Never rejects. */
  done: Promise<{
    exitCode: number | null
    signal: string | null
    stderr: string
    why: 'exited' | 'timeout' | 'aborted' | 'output_limit' | 'input_broken' | 'not_started'
  }>
  kill(): void
}

/** How the input and the output folder are called inside. */
export const JAIL_INPUT = '/in/source'
export const JAIL_OUTPUT = '/out'

export interface Jail {
  /** `bubblewrap` (namespaces), or `limits` where the machine forbids them: then only the whitelists and rlimits hold. */
  readonly kind: 'bubblewrap' | 'limits'
  /** The name by which programs inside know the input (the real path where there is no mount namespace). */
  inputName(path: string): string
  outputName(folder: string): string
  start(run: JailedRun): JailedProcess
  /** Tries to break out (read a canary, open a socket, outgrow the limits) and says what held. */
  prove(): Promise<{ holds: boolean; findings: { test: string; held: boolean; says: string }[] }>
}
