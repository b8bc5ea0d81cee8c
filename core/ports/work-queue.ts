/**
 * Where work waits that one invocation cannot finish: the cloud's own queue, which delivers each item to a worker at least once.
 * @module
 */
import type { Instant } from './clock.ts'
import type { Call } from './secret-store.ts'

/** Says whom to look at, and decides nothing: a worker describes the secret, and does what is due by then. */
export interface WorkItem {
  /** The name in the configuration. */
  readonly secret: string
  readonly do: 'rotate' | 'retire' | 'replicate'
  /** When it was found to be due. */
  readonly asked: Instant
}

export interface WorkQueue {
  /**
   * Resolves when the queue has taken every item. Denied: `access-denied`. Otherwise throws, and has taken none, some or all: to
   * send them again is harmless. None to send: nothing.
   */
  send(items: readonly WorkItem[], call: Pick<Call, 'signal' | 'deadline'>): Promise<void>
}
