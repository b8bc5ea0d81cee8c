/**
 * One call of the port to one secret: what its run has seen so far, and conditional changes of the record.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import { emptyLedger, type Ledger } from '../core/ledger/record.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Call, SecretId, VersionId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { type Current, recognise } from './current.ts'
import { checkName, disabledCurrent, lostJournal, requireOurs } from './guards.ts'
import type { Entry, Journal } from './journal.ts'
import type { Held, Requests } from './requests.ts'
import { ROTATION } from './slots.ts'

export interface Look {
  /** What the next write of the record replaces; undefined: there is none yet. */
  readonly entry: Entry | undefined
  readonly ledger: Ledger
  /** The version that consumers read. */
  readonly main: Held
  readonly current: Current
}

export interface Premises {
  readonly requests: Requests
  readonly journal: Journal
  readonly clock: Pick<Clock, 'now'>
  readonly looks: WeakMap<object, Map<string, Look>>
  readonly values: WeakMap<object, Map<string, SecretValue | 'disabled'>>
}

/** A record that others change all the time is left to the next run. */
const TRIES = 4

export class Visit {
  readonly requests: Requests
  readonly clock: Pick<Clock, 'now'>
  readonly id: SecretId
  readonly call: Call
  readonly #premises: Premises

  constructor(premises: Premises, id: SecretId, call: Call) {
    checkName(id)
    this.requests = premises.requests
    this.clock = premises.clock
    this.id = id
    this.call = call
    this.#premises = premises
  }

  get known(): Look | undefined {
    return this.#premises.looks.get(this.call.run)?.get(this.id.toLowerCase())
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
    throw await this.#absent()
  }

  /**
   * The record first, then what consumers read; where the two do not fit, the record once more: a rotation that came between the two
   * looks must not pass for a person's edit.
   */
  async look(): Promise<Look | undefined> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const entry = await this.#premises.journal.read(this.id, this.call)
      const main = await this.#main()
      if (!main) return undefined
      const torn = isSurprising(main, entry?.ledger ?? emptyLedger) && (await this.#hasMoved(entry, main))
      if (!torn) return this.#compared(main, entry, entry?.ledger ?? emptyLedger)
    }
    throw this.stale('The secret keeps changing.')
  }

  /** What consumers read at this moment, with the record as it is known. */
  async lookAtMain(): Promise<Look> {
    const { entry, ledger } = await this.seen()
    const main = await this.#main()
    if (!main) throw await this.#absent()
    return this.#compared(main, entry, ledger)
  }

  /** Absent: undefined. */
  async #main(): Promise<Held | undefined> {
    const main = await this.requests.get(this.id, undefined, this.call)
    if (main === 'disabled') throw disabledCurrent(this.id)
    return main
  }

  async #compared(main: Held, entry: Entry | undefined, known: Ledger): Promise<Look> {
    this.keep(this.id, main.version, main.value)
    const { ledger, current } = await recognise(this, main, known)
    return this.remember({ entry, ledger, main, current })
  }

  async #hasMoved(entry: Entry | undefined, main: Held): Promise<boolean> {
    const { journal } = this.#premises
    const now = await journal.read(this.id, this.call)
    if (!now && main.tags[ROTATION] !== undefined) throw lostJournal(this.id, journal.nameOf(this.id))
    return now?.etag !== entry?.etag
  }

  /** Decides on what this run has seen, and writes if nobody has written since; else decides anew. */
  async change(decide: (look: Look) => Ledger | undefined | Promise<Ledger | undefined>): Promise<Look> {
    let look = await this.seen()
    for (let tries = 1; ; tries++) {
      const ledger = await decide(look)
      if (!ledger) return look
      try {
        return await this.write(look, ledger)
      } catch (error) {
        if (!isRotationError(error, 'stale') || tries === TRIES) throw error
        look = await this.again()
      }
    }
  }

  /** Conditional on the record of exactly this look. Moved since: `stale`. */
  async write(look: Look, ledger: Ledger): Promise<Look> {
    requireOurs(this.id, look.main)
    const entry = await this.#premises.journal.write(this.id, ledger, look.entry, this.call)
    return this.remember({ ...look, entry, ledger })
  }

  /** By id, once a run: what a version holds never changes. */
  async value(name: string, version: VersionId): Promise<SecretValue | 'disabled' | undefined> {
    const known = this.#values.get(`${name.toLowerCase()}/${version}`)
    if (known) return known
    const found = await this.requests.get(name, version, this.call)
    if (found && found !== 'disabled') this.keep(name, version, found.value)
    return found === 'disabled' ? found : found?.value
  }

  /** What this run has put, or seen on its way. */
  keep(name: string, version: VersionId, value: SecretValue): void {
    this.#values.set(`${name.toLowerCase()}/${version}`, value)
  }

  remember(look: Look): Look {
    const looks = this.#premises.looks.get(this.call.run) ?? new Map<string, Look>()
    this.#premises.looks.set(this.call.run, looks)
    looks.set(this.id.toLowerCase(), look)
    return look
  }

  stale(message: string): RotationError {
    return new RotationError('stale', message, { at: this.id })
  }

  get #values(): Map<string, SecretValue | 'disabled'> {
    const values = this.#premises.values.get(this.call.run) ?? new Map<string, SecretValue | 'disabled'>()
    this.#premises.values.set(this.call.run, values)
    return values
  }

  /** A name that is held by a deleted secret is worth one more question. */
  async #absent(): Promise<RotationError> {
    const { id } = this
    const isDeleted = await this.requests.isDeleted(id, this.call).catch(() => false)
    if (!isDeleted) return new RotationError('secret-not-found', `Key Vault has no secret ${id}.`, { at: id })
    return new RotationError('secret-not-found', 'The secret was deleted, and can still be recovered.', {
      at: id,
      next: `\`az keyvault secret recover --name ${id}\`, then run the same command again.`,
    })
  }
}

/** Not the version that the record would have consumers read. */
function isSurprising({ version, tags }: Held, { left, pending }: Ledger): boolean {
  const expected = pending?.base ?? left?.version
  return expected === undefined ? tags[ROTATION] !== undefined : expected !== version
}
