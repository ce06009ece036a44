/** What the two kinds of jail have in common: each turns a run into the command line that confines it. */
import type { JailedRun, JailLimits } from '../process.ts'
import type { Command } from './jailed-process.ts'

/** A run of any program, not only of FFmpeg: the jail proves itself with the shell. */
export type AnyRun = Pick<JailedRun, 'args' | 'inputPath' | 'pipes' | 'outputFolder'> & { limits: JailLimits }

export interface Confinement {
  kind: 'bubblewrap' | 'limits'
  inputName(path: string): string
  outputName(folder: string): string
  /** `program` is a full path. */
  command(program: string, run: AnyRun): Pick<Command, 'program' | 'args' | 'env' | 'handedOver'>
  close(): void
}
