/**
 * One call of the port to one secret: what its run has seen so far, and conditional changes of the record that Lockstep keeps in
 * an annotation of the secret. The etag covers aliases and annotations, not versions.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import { type Ledger, parseLedger, writeLedger } from '../core/ledger/record.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type { Call, SecretId, VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Requests, Secret } from './requests.ts'

export const ANNOTATION = 'lockstep'

export interface Current {
  readonly version: VersionId
  readonly since: Instant
  /** The version as which pending was published already; only the record is behind. */
  readonly published?: VersionId | undefined
}

interface Recorded {
  readonly secret: Secret
  readonly ledger: Ledger
}

export interface Look extends Recorded {
  readonly current: Current
}

/** How a secret is read: by an alias, or as `latest`. */
export interface Mode {
  /** Whether the publication is conditional on what was seen; else it is looked at once more before. */
  readonly fenced: boolean
  /** What consumers read; the secret's record and aliases are given. Nothing was put into it yet: undefined. */
  current(visit: Visit, secret: Secret, ledger: Ledger): Promise<Current | undefined>
}

export interface Premises {
  readonly requests: Requests
  readonly clock: Pick<Clock, 'now'>
  readonly mode: Mode
  readonly looks: WeakMap<object, Map<SecretId, Look>>
  readonly values: WeakMap<object, Map<string, SecretValue | 'disabled'>>
}

export interface Change {
  readonly ledger: Ledger
  readonly aliases?: Secret['aliases'] | undefined
}

/** A record that others change all the time is left to the next run. */
const TRIES = 4
/** What others add meanwhile is little. */
const LOOKED_THROUGH = 3

export class Visit {
  readonly requests: Requests
  readonly clock: Pick<Clock, 'now'>
  readonly id: SecretId
  readonly call: Call
  readonly #premises: Premises

  constructor(premises: Premises, id: SecretId, call: Call) {
    this.requests = premises.requests
    this.clock = premises.clock
    this.id = id
    this.call = call
    this.#premises = premises
  }

  get known(): Look | undefined {
    return this.#premises.looks.get(this.call.run)?.get(this.id)
  }

  async seen(): Promise<Look> {
    this.requests.requireOpen(this.call)
    return this.known ?? this.again()
  }

  /** What the run has decided on. Nothing: `stale`, if the secret is there at all. */
  async decided(): Promise<Look> {
    const known = this.known !== undefined
    const look = await this.seen()
    if (known) return look
    throw this.stale('The secret was not described by this run.')
  }

  async again(): Promise<Look> {
    const look = await this.look()
    if (look) return look
    throw new RotationError('secret-not-found', `Secret Manager has no secret ${this.id}.`, { at: this.id })
  }

  /**
   * The record first: if it is behind what consumers read, that is seen; the other way round it would be torn. Where the two are read
   * apart, a whole rotation may have come between: what looks like an edit is looked at once more, together with the record.
   */
  async look(): Promise<Look | undefined> {
    let shown = await this.#record(this.known)
    for (;;) {
      if (!shown) return undefined
      const { secret, ledger } = shown
      const current = await this.#premises.mode.current(this, secret, ledger)
      if (!current) return undefined
      const look = { secret, ledger, current }
      const now = !this.#premises.mode.fenced && looksEdited(look) ? await this.#record(shown) : shown
      if (now?.secret.etag === secret.etag) return this.#remember(look)
      shown = now
    }
  }

  /** Reads may be old, minutes sometimes: a run never goes back behind what it has seen, or written itself. */
  async #record(known: Recorded | undefined): Promise<Recorded | undefined> {
    const secret = await this.requests.secret(this.id, this.call)
    if (!secret) return undefined
    const ledger = parseLedger(secret.annotations[ANNOTATION], this.id)
    return known && (ledger.writes ?? 0) < (known.ledger.writes ?? 0) ? known : { secret, ledger }
  }

  /** Decides on what this run has seen, and writes if nobody has written since; else decides anew. */
  async change(decide: (look: Look) => Change | undefined | Promise<Change | undefined>): Promise<Look> {
    let look = await this.seen()
    for (let tries = 1; ; tries++) {
      const change = await decide(look)
      if (!change) return look
      try {
        return await this.write(look, change)
      } catch (error) {
        if (!isRotationError(error, 'stale') || tries === TRIES) throw error
        look = await this.again()
      }
    }
  }

  /** Conditional on exactly this look. Moved since: `stale`. */
  async write(look: Look, change: Change): Promise<Look> {
    requireOurs(this.id, look.secret)
    const ledger = { ...change.ledger, writes: (look.ledger.writes ?? 0) + 1 }
    const annotations = { ...look.secret.annotations, [ANNOTATION]: writeLedger(ledger) }
    const secret = await this.requests.update(this.id, look.secret, { annotations, aliases: change.aliases }, this.call)
    return this.#remember({ ...look, secret, ledger })
  }

  /** By number, once a run. */
  async value(id: SecretId, number: number): Promise<SecretValue | 'disabled' | undefined> {
    const key = `${id}/${number}`
    const found = this.#values.get(key) ?? (await this.requests.access(id, number, this.call))
    if (found) this.#values.set(key, found)
    return found
  }

  /** By number, what this run has read or added itself. */
  get #values(): Map<string, SecretValue | 'disabled'> {
    const { values } = this.#premises
    const known = values.get(this.call.run) ?? new Map<string, SecretValue | 'disabled'>()
    values.set(this.call.run, known)
    return known
  }

  /**
   * Adds a version, once: without an answer the newest ones are looked through for it, because nothing else would tell a second
   * one from the first. Not there: `unknown`; it may still land, as a version that nobody ever reads. A version up to `after` is older:
   * a rollback brings a value that was there before.
   */
  async add(id: SecretId, value: SecretValue, after = 0): Promise<number> {
    try {
      const { number } = await this.requests.add(id, value, this.call)
      this.#values.set(`${id}/${number}`, value)
      return number
    } catch (error) {
      if (!isRotationError(error, 'unknown')) throw error
      for (const { number } of await this.requests.versions(id, LOOKED_THROUGH, this.call)) {
        if (number <= after) continue
        const found = await this.requests.access(id, number, this.call)
        if (found && found !== 'disabled' && found.equals(value)) return number
      }
      throw error
    }
  }

  #remember(look: Look): Look {
    const looks = this.#premises.looks.get(this.call.run) ?? new Map<SecretId, Look>()
    this.#premises.looks.set(this.call.run, looks)
    looks.set(this.id, look)
    return look
  }

  /** The run's own publication: what it would see if it looked again. */
  republished(look: Look, current: Current): Look {
    return this.#remember({ ...look, current })
  }

  stale(message: string): RotationError {
    return new RotationError('stale', message, { at: this.id })
  }
}

/** Nothing on record says that this is current; perhaps it was not on record yet. */
const looksEdited = ({ ledger, current }: Look): boolean =>
  current.published === undefined && current.version !== (ledger.pending?.base ?? ledger.left?.version)

/** What Google Cloud rotates itself is not ours to change. */
export function requireOurs(id: SecretId, { managed }: Secret): void {
  if (managed !== undefined) throw new RotationError('refused', `Not rotated by Lockstep: ${managed}.`, { at: id })
}

export const numberOf = (version: VersionId): number => Number(/(\d+)$/.exec(version)?.[1])

/** For callers that may go on without: undefined instead of a refusal. */
export const unlessDenied = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch(error => {
    if (isRotationError(error, 'access-denied', 'stale', 'busy')) return undefined
    throw error
  })
