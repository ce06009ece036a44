/** Logs: one structured line per request, per job and per change of state. The message is constant, facts are fields. */
import { pino } from 'pino'

export interface Log {
  debug(facts: Record<string, unknown>, message: string): void
  /** A state changed. */
  info(facts: Record<string, unknown>, message: string): void
  /** It coped. */
  warn(facts: Record<string, unknown>, message: string): void
  /** A person must look. */
  error(facts: Record<string, unknown>, message: string): void
  /** The same log with these facts on every line. */
  child(facts: Record<string, unknown>): Log
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A log as JSON lines on standard error, so that standard output stays for people and scripts. */
export function openLog(level: LogLevel, facts: Record<string, unknown> = {}): Log {
  return pino(
    { level, base: facts, redact: ['password', 'token', 'secret', 'cookie', 'authorization'] },
    pino.destination({ dest: 2, sync: false }),
  ) as Log
}
