/**
 * Looks at the store now and then, until what the program was given has changed.
 * @module
 */
import { randomInt } from 'node:crypto'
import { sanitise } from '../../core/errors.ts'
import type { Clock, Duration } from '../../core/ports/clock.ts'

export interface Watch<Change> {
  readonly interval: Duration
  readonly clock: Clock
  /** What has changed, handed over already; undefined: nothing. May reject: then it is asked again. */
  readonly look: (signal: AbortSignal) => Promise<Change | undefined>
  readonly say: (line: string) => void
}

/** A tenth more or less, so that many programs do not ask at the same moment. */
const jittered = (interval: Duration): Duration => interval + randomInt(-100, 101) * (interval / 1000)

/**
 * Resolves with the next change. A store that cannot be read is said once, and once more when it can; the program is left alone
 * meanwhile. Rejects only when `signal` aborts.
 */
export async function nextChange<Change>(watch: Watch<Change>, signal: AbortSignal): Promise<Change> {
  let unreadable = false
  for (;;) {
    await watch.clock.sleep(jittered(watch.interval), signal)
    try {
      const change = await watch.look(signal)
      if (unreadable) watch.say('The store can be read again.')
      unreadable = false
      if (change !== undefined) return change
    } catch (error) {
      signal.throwIfAborted()
      const { code, message } = sanitise(error)
      if (!unreadable) watch.say(`${message} (${code}) The program goes on with what it has.`)
      unreadable = true
    }
  }
}
