/**
 * The port of the bus: an event has happened and others may care. Published in the caller's transaction (an outbox), told
 * after commit, at least once, to every process that listens; a listener that was away a moment catches up.
 */
import type { RawBuilder } from 'kysely'

export interface EventKind<Body> {
  name: string
  readonly body?: Body
}

export function eventKind<Body>(name: string): EventKind<Body> {
  return { name }
}

export interface BusEvent<Body> {
  eventId: string
  name: string
  body: Body
}

export interface Bus {
  /** Says that something has happened; inside `together` it is told only if the transaction commits. Body: JSON. */
  publish<Body>(kind: EventKind<Body>, body: Body): Promise<void>
  /** Calls `hear` for every event of the kind from now on, in order of commit as far as known. Returns how to stop. */
  listen<Body>(kind: EventKind<Body>, hear: (event: BusEvent<Body>) => void): () => void
  /** For a question to the database that is asked anyway: whether there is an event by now that was not told here yet. */
  unheard(): RawBuilder<boolean>
  /** Resolves when what has been published by now was told here, or the database does not say. */
  catchUp(): Promise<void>
  /** A word shouted to whoever listens now, kept nowhere (at most 4 kB): for waiters who also look for themselves. */
  shout(channel: string, word: string): Promise<void>
  hearShouts(channel: string, hear: (word: string) => void): () => void
  /** Removes told events older than this. */
  forget(olderThan: Date): Promise<void>
  close(): Promise<void>
}
