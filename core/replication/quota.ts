/**
 * How many requests a cloud takes, by its documentation, and a bucket of tokens that keeps below that in every window of time.
 *
 * AWS (docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html): DescribeSecret and GetSecretValue, 10,000 per second
 * together, per account and region. Google (docs.cloud.google.com/secret-manager/quotas): 600 reads and 90,000 accesses per minute and
 * project. Azure (learn.microsoft.com/azure/key-vault/general/service-limits): 4,000 requests in ten seconds per vault. Applications
 * that read their secrets use the same quota.
 * @module
 */
import type { StoreConfig } from '../config/types.ts'
import type { Clock, Duration, Instant } from '../ports/clock.ts'

export interface Limit {
  readonly requests: number
  readonly per: Duration
}

/** What one look at a secret costs: describe, and read what is current. */
export interface Cost {
  /** What the requests are counted with: two stores that say the same share a quota. */
  readonly place: string
  readonly limit: Limit
  readonly requests: number
}

const AWS: Limit = { requests: 10_000, per: 1_000 }
const GCP_READS: Limit = { requests: 600, per: 60_000 }
const GCP_ACCESSES: Limit = { requests: 90_000, per: 60_000 }
const AZURE: Limit = { requests: 4_000, per: 10_000 }

/** A file has no quota: none. */
export function costsOf(store: StoreConfig): readonly Cost[] {
  switch (store.kind) {
    case 'aws':
      return [{ place: `aws ${store.role?.arn ?? ''} ${store.region ?? ''}`, limit: AWS, requests: 2 }]
    case 'gcp': {
      const accesses = store.readBy === 'latest' ? 2 : 1
      return [
        { place: `gcp ${store.project} reads`, limit: GCP_READS, requests: 1 },
        { place: `gcp ${store.project} accesses`, limit: GCP_ACCESSES, requests: accesses },
      ]
    }
    case 'azure':
      return [{ place: `azure ${store.vault}`, limit: AZURE, requests: 1 }]
    default:
      return []
  }
}

/** Of the limit: what flows in evenly, and what may go at once after a pause. Together less than all of it, in any window. */
const EVENLY = 0.97
const AT_ONCE = 0.02

/**
 * At most `limit` in every window, whenever it begins, and more than 95 percent of it while somebody waits. In the order of the
 * questions. `share`: the part of the quota that is not left to others.
 */
export class TokenBucket {
  /** Requests per millisecond. */
  readonly rate: number
  readonly #clock: Clock
  readonly #capacity: number
  #tokens: number
  #at: Instant
  #last: Promise<unknown> = Promise.resolve()

  constructor({ requests, per }: Limit, clock: Clock, share = 1) {
    this.rate = (requests * share * EVENLY) / per
    this.#capacity = Math.max(1, Math.floor(requests * share * AT_ONCE))
    this.#clock = clock
    this.#tokens = this.#capacity
    this.#at = clock.now()
  }

  /** Resolves when so many requests may go. Aborted: rejects, and takes nothing. */
  take(requests: number, signal: AbortSignal): Promise<void> {
    const taken = this.#last.then(() => this.#wait(requests, signal))
    this.#last = taken.catch(() => {})
    return taken
  }

  /** What is more than the bucket holds is waited for in parts. */
  async #wait(requests: number, signal: AbortSignal): Promise<void> {
    for (let left = requests; left > 0; ) {
      const part = Math.min(left, this.#capacity)
      while (!this.#spend(part)) await this.#clock.sleep(Math.ceil((part - this.#tokens) / this.rate), signal)
      left -= part
    }
  }

  /** By the clock as it is now: who wakes up late finds no more than the bucket holds. */
  #spend(requests: number): boolean {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#capacity, this.#tokens + Math.max(0, now - this.#at) * this.rate)
    this.#at = Math.max(this.#at, now)
    if (this.#tokens < requests) return false
    this.#tokens -= requests
    return true
  }
}
