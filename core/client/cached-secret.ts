/**
 * One secret in memory. A value younger than `ttl` is answered; an older one is answered too, while one read goes on behind it;
 * one older than `maxAge` never is.
 * @module
 */
import type { Duration, Instant } from '../ports/clock.ts'
import { ClientError } from './client-error.ts'
import { type CredentialShape, readCredential, type SecretCredential } from './credential.ts'
import { jittered, type Random } from './random.ts'
import { type Found, type Reading, read } from './read.ts'

export interface Caching extends Reading {
  readonly ttl: Duration
  readonly maxAge: Duration
  readonly grace: Duration
  readonly random: Random
  /** A read failed; whether anybody waited for it or not. */
  readonly onError: (error: ClientError) => void
}

export type RotationListener = (current: SecretCredential, previous: SecretCredential) => void

const FIRST_RETRY: Duration = 250
const LAST_RETRY: Duration = 30_000
const never = Number.NEGATIVE_INFINITY

export class CachedSecret {
  readonly name: string
  readonly listeners = new Set<RotationListener>()
  /** When it was last asked for. */
  usedAt: Instant = never
  readonly #caching: Caching
  readonly #shape: CredentialShape | undefined
  #current: SecretCredential | undefined
  /** What `get` hands out: the same promise for everybody. */
  #answer: Promise<SecretCredential> | undefined
  #before: SecretCredential | undefined
  #askedBefore: Promise<SecretCredential | undefined> | undefined
  /** When current became current, as far as anybody has told us. */
  #since: Instant = never
  #readAt: Instant = never
  #staleAt: Instant = never
  #flight: Promise<SecretCredential> | undefined
  #nextFlight: Promise<SecretCredential> | undefined
  #failure:
    | { readonly error: ClientError; readonly at: Instant; readonly retryAt: Instant; readonly count: number }
    | undefined

  constructor(name: string, caching: Caching, shape: CredentialShape | undefined) {
    this.name = name
    this.#caching = caching
    this.#shape = shape
  }

  /** Not `async`: a fresh value costs no promise. */
  get(): Promise<SecretCredential> {
    const now = this.#caching.clock.now()
    this.usedAt = now
    // A clock that was put back makes everything stale, rather than fresh for ever.
    if (this.#answer !== undefined && now < this.#staleAt && now >= this.#readAt) return this.#answer
    return this.#getStale(now)
  }

  /** A read that begins after this call. Calls during a read share the next one. */
  refresh(): Promise<SecretCredential> {
    if (this.#flight === undefined) return this.#fly(true)
    const begin = () => {
      this.#nextFlight = undefined
      return this.#fly(true)
    }
    this.#nextFlight ??= this.#flight.then(begin, begin)
    return this.#nextFlight
  }

  /** Refreshes unless a read was begun less than `gap` ago; what is known otherwise, also if the read fails. */
  async reread(gap: Duration): Promise<SecretCredential> {
    const last = Math.max(this.#readAt, this.#failure?.at ?? never)
    const known = this.#current
    if (known !== undefined && this.#caching.clock.now() - last < gap) return known
    return this.refresh().catch(error => {
      if (known === undefined) throw error
      return this.#current ?? known
    })
  }

  /** What was current before, while its grace may last: seen by ourselves, or told by the source. Otherwise undefined. */
  async previous(): Promise<SecretCredential | undefined> {
    const { clock, grace } = this.#caching
    if (this.#current === undefined || clock.now() - this.#since >= grace) {
      this.#before = undefined
      return undefined
    }
    if (this.#before !== undefined) return this.#before
    this.#askedBefore ??= this.#readPrevious()
    return this.#askedBefore
  }

  /** As `get`, and the read that it may have begun. */
  async renew(): Promise<void> {
    await this.get()
    await this.#flight
  }

  /** How long until a read is due that nobody asks for. */
  untilDue(): Duration {
    const due = this.#failure === undefined ? this.#staleAt : Math.max(this.#staleAt, this.#failure.retryAt)
    return Math.min(Math.max(due - this.#caching.clock.now(), 0), this.#caching.ttl)
  }

  #getStale(now: Instant): Promise<SecretCredential> {
    const failed = this.#failure
    const resting = failed !== undefined && now < failed.retryAt && now >= failed.at
    if (this.#answer === undefined || now - this.#readAt >= this.#caching.maxAge || now < this.#readAt)
      return resting ? Promise.reject(failed.error) : this.#fly(false)
    if (this.#flight === undefined && !resting) this.#fly(false).catch(() => {})
    return this.#answer
  }

  #fly(fresh: boolean): Promise<SecretCredential> {
    this.#flight ??= this.#read(fresh).finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #read(fresh: boolean): Promise<SecretCredential> {
    const at = this.#caching.clock.now()
    try {
      const found = await read(this.#caching, this.name, 'current', fresh)
      if (found === undefined) throw new ClientError('secret-not-found', 'The store has no such secret.')
      return this.#accept(found, at)
    } catch (thrown) {
      throw this.#fail(thrown as ClientError, at)
    }
  }

  #accept(found: Found, at: Instant): SecretCredential {
    const { ttl, random } = this.#caching
    const before = this.#current
    const current = before?.version === found.version ? before : readCredential(found.value, found.version, this.#shape)
    this.#readAt = at
    // Never above `ttl`, which is what an operator reckons with.
    this.#staleAt = at + ttl * (0.8 + random() * 0.2)
    this.#failure = undefined
    if (current === before) return current
    this.#current = current
    this.#answer = Promise.resolve(current)
    this.#before = before
    this.#askedBefore = undefined
    this.#since = before === undefined ? (found.createdAt ?? at) : at
    if (before !== undefined) this.#announce(current, before)
    return current
  }

  #announce(current: SecretCredential, before: SecretCredential): void {
    for (const listener of this.listeners)
      try {
        listener(current, before)
      } catch {
        // A listener's trouble is not the readers'.
      }
  }

  #fail({ code, message, foreign }: ClientError, at: Instant): ClientError {
    const { clock, random, onError, closing } = this.#caching
    const error = new ClientError(code, message, { secret: this.name, foreign })
    const count = (this.#failure?.count ?? 0) + 1
    const rest = jittered(Math.min(FIRST_RETRY * 2 ** (count - 1), LAST_RETRY), random)
    this.#failure = { error, at, retryAt: clock.now() + rest, count }
    if (!closing.aborted) onError(error)
    return error
  }

  async #readPrevious(): Promise<SecretCredential | undefined> {
    try {
      const found = await read(this.#caching, this.name, 'previous', true)
      return found && readCredential(found.value, found.version, this.#shape)
    } catch {
      this.#askedBefore = undefined
      return undefined
    }
  }
}
