/**
 * Time of the client: the clock port, and a sleep that is no reason for a process to stay alive.
 * @module
 */
import { setTimeout } from 'node:timers/promises'
import { type Clock, type Duration, systemClock } from '../ports/clock.ts'

export interface ClientClock extends Clock {
  /** As `sleep`; a process that has nothing else to do may end meanwhile. */
  idle(ms: Duration, signal: AbortSignal): Promise<void>
}

export const clientClock: ClientClock = {
  now: systemClock.now,
  sleep: systemClock.sleep,
  idle: (ms, signal) => setTimeout(ms, undefined, { signal, ref: false }),
}
