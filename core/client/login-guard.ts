/**
 * Keeps us from hammering a server that locks accounts. A version that was refused rests, three times as long after each further
 * refusal, and then one caller tries it while the others wait for what he finds.
 * @module
 */
import type { Duration, Instant } from '../ports/clock.ts'
import { jittered, type Random } from './random.ts'

interface Suspect {
  readonly refusals: number
  readonly until: Instant
  /** Until when the one who tries it has the others wait. */
  readonly trial: Instant
}

/** A login that was begun. */
export interface Attempt {
  readonly version: string
  readonly refusals: number
}

const FIRST_REST: Duration = 100
const LAST_REST: Duration = 300_000
const TRIAL: Duration = 2_000
const PEEK: Duration = 20
/** More than anybody can be trying: current, previous, and what has replaced them meanwhile. */
const REMEMBERED = 4

export class LoginGuard {
  readonly #now: () => Instant
  readonly #random: Random
  readonly #suspects = new Map<string, Suspect>()

  constructor(now: () => Instant, random: Random) {
    this.#now = now
    this.#random = random
  }

  suspects(version: string): boolean {
    return this.#suspects.has(version)
  }

  /** How long to wait before a login with `version`; 0: go on. */
  wait(version: string): Duration {
    const suspect = this.#suspects.get(version)
    if (suspect === undefined) return 0
    const now = this.#now()
    if (now < suspect.until) return suspect.until - now
    return now < suspect.trial ? PEEK : 0
  }

  begin(version: string): Attempt {
    const suspect = this.#suspects.get(version)
    if (suspect !== undefined) this.#suspects.set(version, { ...suspect, trial: this.#now() + TRIAL })
    return { version, refusals: suspect?.refusals ?? 0 }
  }

  accepted({ version }: Attempt): void {
    this.#suspects.delete(version)
  }

  /** Neither: no login was made, or it failed for another reason. */
  undecided({ version }: Attempt): void {
    const suspect = this.#suspects.get(version)
    if (suspect !== undefined) this.#suspects.set(version, { ...suspect, trial: 0 })
  }

  /** Logins that were under way together count as one refusal. */
  refused({ version, refusals }: Attempt): void {
    const known = this.#suspects.get(version)?.refusals ?? 0
    if (refusals < known) return
    const rest = jittered(Math.min(FIRST_REST * 3 ** known, LAST_REST), this.#random)
    this.#suspects.delete(version)
    this.#suspects.set(version, { refusals: known + 1, until: this.#now() + rest, trial: 0 })
    for (const oldest of this.#suspects.keys()) if (this.#suspects.size > REMEMBERED) this.#suspects.delete(oldest)
  }

  /** How often it is worth asking the store again: often at first, rarely when nothing helps. */
  rereadGap(version: string): Duration {
    const refusals = this.#suspects.get(version)?.refusals ?? 1
    return Math.min(FIRST_REST * 2 ** (refusals - 1), LAST_REST / 10) / 2
  }
}
