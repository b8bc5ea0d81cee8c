/**
 * An application's secrets: read once, kept for a while, renewed behind its back, and read again when a server refuses one.
 * @module
 */
import type { Duration } from '../ports/clock.ts'
import { isAuthFailure } from './auth-failure.ts'
import { CachedSecret, type Caching, type RotationListener } from './cached-secret.ts'
import { ClientError } from './client-error.ts'
import { type ClientClock, clientClock } from './clock.ts'
import type { CredentialShape, SecretCredential } from './credential.ts'
import { type Login, logIn } from './log-in.ts'
import { LoginGuard } from './login-guard.ts'
import { random as chance, type Random } from './random.ts'
import type { SecretSource } from './secret-source.ts'

export interface SecretsOptions {
  readonly source: SecretSource
  /** Milliseconds after which a value is read again, while the old one is still answered. Default: one minute. */
  readonly ttl?: Duration
  /** Milliseconds after which nobody gets the old value any more. Default: one hour. `Infinity`: outages of the store never matter. */
  readonly maxAge?: Duration
  /** Milliseconds for which the previous value is worth a try. Default: a day. */
  readonly grace?: Duration
  /** Milliseconds that one read may take. Default: ten seconds. */
  readonly timeout?: Duration
  /** Secrets kept in memory; those used longest ago go. Default: 100. */
  readonly maxEntries?: number
  /** Layout of the values that do not tell it themselves, by name of the secret. */
  readonly shapes?: Readonly<Record<string, CredentialShape>>
  /** A read failed, perhaps behind everybody's back. It must not throw. */
  readonly onError?: (error: ClientError) => void
  readonly clock?: ClientClock
  readonly random?: Random
}

export interface WithCredentialOptions {
  /** Default: that of any driver. */
  readonly isAuthFailure?: (error: unknown) => boolean
  /** Milliseconds for which refused logins are tried again. Default: five seconds. */
  readonly patience?: Duration
  readonly signal?: AbortSignal
}

export interface Secrets {
  /**
   * The current credential. Rejects only if nothing younger than `maxAge` is known: `secret-not-found`, `access-denied`,
   * `store-unavailable`, `value-unsuitable`.
   */
  get(name: string): Promise<SecretCredential>
  /** Reads now. Several calls at a time are one read. */
  refresh(name: string): Promise<SecretCredential>
  /**
   * Runs `work` with a credential; where the server refuses it, reads again and runs `work` again, so what it did before
   * the login must be repeatable. Rejects with what `work` threw.
   */
  withCredential<T>(
    name: string,
    work: (credential: SecretCredential, login: Login) => Promise<T>,
    options?: WithCredentialOptions,
  ): Promise<T>
  /** From now on the secret is also read when nobody asks. Answers how to end that. */
  onRotate(name: string, listener: RotationListener): () => void
  /** Repeat: nothing. Whoever waits gets `aborted`. */
  close(): void
}

interface Entry {
  readonly secret: CachedSecret
  readonly guard: LoginGuard
  /** Ends the reads that nobody asks for. */
  watching?: AbortController
}

export function createSecrets(options: SecretsOptions): Secrets {
  return new ClientSecrets(options)
}

class ClientSecrets implements Secrets {
  readonly #caching: Caching
  readonly #options: SecretsOptions
  readonly #maxEntries: number
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new AbortController()

  constructor(options: SecretsOptions) {
    const { source, ttl = 60_000, maxAge = 3_600_000, grace = 86_400_000, timeout = 10_000, maxEntries = 100 } = options
    const { clock = clientClock, random = chance, onError = () => {} } = options
    for (const [name, value] of Object.entries({ ttl, maxAge, grace, timeout, maxEntries }))
      if (!(value > 0)) throw new ClientError('config-invalid', `${name} must be a positive number.`)
    if (maxAge < ttl) throw new ClientError('config-invalid', 'maxAge must not be shorter than ttl.')
    this.#options = options
    this.#maxEntries = maxEntries
    const closing = this.#closing.signal
    this.#caching = { source, ttl, maxAge, grace, timeout, clock, random, onError, closing }
  }

  get(name: string): Promise<SecretCredential> {
    return (this.#entries.get(name) ?? this.#entry(name)).secret.get()
  }

  refresh(name: string): Promise<SecretCredential> {
    return this.#entry(name).secret.refresh()
  }

  async withCredential<T>(
    name: string,
    work: (credential: SecretCredential, login: Login) => Promise<T>,
    options: WithCredentialOptions = {},
  ): Promise<T> {
    const { patience = 5_000, signal: asked } = options
    const closing = this.#closing.signal
    const signal = asked === undefined ? closing : AbortSignal.any([closing, asked])
    const context = { ...this.#entry(name), clock: this.#caching.clock }
    const how = { patience, signal, isAuthFailure: options.isAuthFailure ?? isAuthFailure }
    return logIn(context, work, how)
  }

  onRotate(name: string, listener: RotationListener): () => void {
    const entry = this.#entry(name)
    const { listeners } = entry.secret
    // Of its own, so that one function may listen twice.
    const own: RotationListener = (current, previous) => listener(current, previous)
    listeners.add(own)
    this.#watch(entry)
    return () => {
      listeners.delete(own)
      if (listeners.size > 0) return
      entry.watching?.abort()
      delete entry.watching
    }
  }

  close(): void {
    this.#closing.abort(new ClientError('aborted', 'The client was closed.'))
    for (const { watching } of this.#entries.values()) watching?.abort()
    this.#entries.clear()
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const { clock, random } = this.#caching
    const { shapes = {} } = this.#options
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined
    const entry = { secret: new CachedSecret(name, this.#caching, shape), guard: new LoginGuard(clock.now, random) }
    entry.secret.usedAt = clock.now()
    if (this.#closing.signal.aborted) return entry
    this.#makeRoom()
    this.#entries.set(name, entry)
    return entry
  }

  /** Those that somebody listens to stay. */
  #makeRoom(): void {
    if (this.#entries.size < this.#maxEntries) return
    let oldest: CachedSecret | undefined
    for (const { secret } of this.#entries.values())
      if (secret.listeners.size === 0 && (oldest === undefined || secret.usedAt < oldest.usedAt)) oldest = secret
    if (oldest !== undefined) this.#entries.delete(oldest.name)
  }

  #watch(entry: Entry): void {
    if (entry.watching !== undefined || this.#closing.signal.aborted) return
    const watching = new AbortController()
    entry.watching = watching
    const { signal } = watching
    const keepReading = async () => {
      while (!signal.aborted) {
        await entry.secret.renew().catch(() => {})
        await this.#caching.clock.idle(Math.max(entry.secret.untilDue(), 10), signal)
      }
    }
    keepReading().catch(() => {})
  }
}
