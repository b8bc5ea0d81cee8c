/**
 * The store port on Azure Key Vault. Every version that is set is what consumers read at once, and the vault knows no condition,
 * no label and no repetition: so pending waits in a secret beside it, and what a run may do next is decided in a journal, one
 * blob a secret, written under If-Match. Nothing can fence the publication itself; README.md says what that means.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { RotationError } from '../core/errors.ts'
import {
  claimed,
  discarded,
  type Ledger,
  noted,
  pinned,
  promoted,
  requirePinnable,
  requirePromotable,
  retired,
  rotationOf,
  stateOf,
} from '../core/ledger/record.ts'
import type { Clock } from '../core/ports/clock.ts'
import type {
  Call,
  PendingDraft,
  RotationId,
  SecretId,
  SecretState,
  SecretStore,
  SecretSummary,
  SecretVersion,
  StateNote,
  VersionId,
} from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { renamed } from './current.ts'
import { checkName, checkValue, disabledCurrent, MAX_VALUE_BYTES, requireOurs, requireRoomForTags } from './guards.ts'
import type { Journal } from './journal.ts'
import { carriedFrom, publish, publishAgain } from './publish.ts'
import type { Listed, Requests } from './requests.ts'
import {
  bring,
  inSibling,
  isSibling,
  placeOf,
  ROTATION,
  requireFreeSibling,
  siblingOf,
  valueAt,
  WAITED,
} from './slots.ts'
import { type Look, type Premises, Visit } from './visit.ts'

export class AzureSecretStore implements SecretStore {
  readonly name = 'azure'
  readonly capabilities = { publish: 'blind', maxValueBytes: MAX_VALUE_BYTES, records: false } as const
  readonly #premises: Premises
  readonly #holders = new WeakMap<object, string>()
  /** The pending values that a run has brought itself: others may discard them only after its life. */
  readonly #brought = new WeakMap<object, RotationId>()

  constructor(requests: Requests, journal: Journal, clock: Pick<Clock, 'now'>) {
    this.#premises = { requests, journal, clock, looks: new WeakMap(), values: new WeakMap() }
  }

  async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const look = await this.#visit(id, call).look()
    if (!look) return undefined
    const { published, regressed } = look.current
    const state = stateOf(look.ledger, look.current, published !== undefined)
    return regressed ? { ...state, anomaly: 'regressed' } : state
  }

  async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    const visit = this.#visit(id, call)
    const look = visit.known ?? (await visit.look())
    if (!look) return undefined
    if (typeof which === 'string') return this.#version(visit, which, look)
    const { pending } = look.ledger
    return pending?.rotation === which.pending ? this.#version(visit, pending.version, look) : undefined
  }

  /** Versions that consumers have read, and values that were given up; not the places where published ones have waited. */
  async unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    const visit = this.#visit(id, call)
    const { ledger, current } = await visit.seen()
    const place = (version: VersionId) => ledger.ended.findIndex(end => end.version === version)
    const waiting = await visit.requests.versions(siblingOf(id), call)
    const candidates = [
      ...(await visit.requests.versions(id, call)).map(listed => ({ listed, version: listed.version })),
      ...waiting
        .map(listed => ({ listed, version: inSibling(listed.version) }))
        .filter(({ version }) => place(version) >= 0),
    ].filter(({ version }) => ![current.version, ledger.previous, ledger.pending?.version].includes(version))
    // Dates are in whole seconds: within one, the record knows the order.
    candidates.sort((a, b) => b.listed.createdAt - a.listed.createdAt || place(b.version) - place(a.version))
    const found: SecretVersion[] = []
    for (const { listed, version } of candidates.slice(0, limit)) {
      const value = listed.enabled ? await valueAt(visit, version) : 'disabled'
      const rotation = rotationOf(ledger, version) ?? forgottenRotation(ledger, listed)
      if (value) found.push({ version, createdAt: listed.createdAt, value, ...(rotation && { rotation }) })
    }
    return found
  }

  /** Set where nobody reads it; the journal then names that version, by its id, or names another worker's, which has won. */
  async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    checkValue(id, draft.value)
    const visit = this.#visit(id, call)
    let brought: VersionId | undefined
    const look = await visit.change(async ({ ledger, current, main }) => {
      if (ledger.pending?.rotation === draft.rotation) return undefined
      requirePinnable(ledger, draft, current.version)
      requireOurs(id, main)
      requireRoomForTags(id, main)
      if (!brought && !ledger.pending && ledger.ended.length === 0) await requireFreeSibling(visit)
      brought ??= await bring(visit, draft)
      const { rotation, base } = draft
      return pinned(ledger, { rotation, base, version: brought, since: Math.ceil(visit.clock.now()) })
    })
    const { version, rotation } = look.ledger.pending!
    if (version === brought) {
      this.#brought.set(call.run, rotation)
      return { version, rotation, value: draft.value }
    }
    if (brought) await this.#disable(visit, brought)
    return (await this.#version(visit, version, look)) ?? Promise.reject(this.#notShown(visit))
  }

  /**
   * What is pinned is published, then recorded. A run that has found it pending says on record that it is about to: a discard that
   * was decided before lands on nothing, and where a discard has landed, nothing is published.
   */
  async promote(
    id: SecretId,
    move: { readonly rotation: RotationId; readonly base: VersionId; readonly request?: string },
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean }> {
    const visit = this.#visit(id, call)
    const first = await visit.seen()
    if (isCurrent(first, move.rotation)) return { version: first.current.version, already: true }
    const isPublished = first.current.published !== undefined && first.ledger.pending?.rotation === move.rotation
    const entry = isPublished ? first.ledger.pending! : requirePromotable(first.ledger, move, first.current.version)
    requireOurs(id, first.main)
    if (!isPublished && this.#brought.get(call.run) !== move.rotation)
      await visit.write(first, noted(first.ledger, { setAt: visit.clock.now() }))
    const version = isPublished ? first.current.published! : await publish(visit, entry)
    let already = false
    const look = await visit.change(({ ledger }) => {
      already = ledger.left?.rotation === move.rotation
      if (already) return undefined
      if (ledger.pending?.rotation !== move.rotation) throw visit.stale('This rotation is not pending.')
      return promoted(ledger, ledger.pending, version, move.request, visit.clock.now())
    })
    const left = look.ledger.left!
    if (!isPublished) visit.remember({ ...look, current: { version: left.version, since: left.since } })
    return { version: left.version, already }
  }

  async discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const described = visit.known !== undefined
    const look = await visit.seen()
    if (look.ledger.pending?.rotation !== rotation) return
    if (!described) throw visit.stale('The secret was not described by this run.')
    await visit.write(look, discarded(look.ledger, rotation))
  }

  async claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const holder = this.#holders.get(call.run) ?? randomUUID().slice(0, 8)
    this.#holders.set(call.run, holder)
    await visit.change(({ ledger }) => claimed(ledger, { previous, holder, staleAfter, now: visit.clock.now() }))
  }

  /**
   * The record first: a version that is disabled and still recorded could not be read again. Then the version and the place where
   * current has waited are disabled; a vault that does not allow that keeps them, and nothing else depends on it.
   */
  async retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    let ended = false
    const { main, current } = await visit.change(({ ledger }) => {
      const next = retired(ledger, previous)
      ended = next !== ledger
      return ended ? next : undefined
    })
    if (!ended) return
    if (previous !== current.version) await this.#disable(visit, previous)
    const waited = main.tags[WAITED]
    if (waited !== undefined) await this.#disable(visit, inSibling(waited))
  }

  /** The journal is touched under the look that showed it, so the look was not torn; then current is looked at once more. */
  async republish(id: SecretId, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const look = await visit.decided()
    if (!look.current.regressed) return
    await visit.write(look, look.ledger)
    const { ledger, current, main } = await visit.lookAtMain()
    if (!current.regressed || !ledger.left) return
    requireOurs(id, main)
    const { version, rotation, since } = ledger.left
    const made = await publishAgain(visit, { ...look, main }, version, rotation)
    const after = await visit.change(each => renamed(each.ledger, version, made))
    visit.remember({ ...after, current: { version: made, since } })
  }

  /**
   * `setAt` says that a run is about to set what it has found pending, or has set it: a vault that takes no writes by then could not
   * publish it either, so it is asked first.
   */
  async note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const look = await visit.decided()
    const { pending } = look.ledger
    if (pending && change.setAt !== undefined) await this.#requireWritable(visit, pending.version)
    await visit.write(look, noted(look.ledger, change))
  }

  /** Those with a journal first, 5,000 to a call, then the others of the vault, 25 to a call: whoever has seen enough may stop. */
  async *list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    const { requests, journal } = this.#premises
    const { prefix = '' } = filter
    const begins = (name: string) => name.toLowerCase().startsWith(prefix.toLowerCase())
    const seen = new Set<string>()
    for await (const summary of journal.list(prefix, call)) {
      seen.add(summary.id.toLowerCase())
      yield summary
    }
    for await (const page of requests.list(call))
      for (const { name, createdAt } of page.filter(isListed))
        if (begins(name) && !seen.has(name.toLowerCase()))
          yield { id: name, inFlight: false, changedAt: createdAt, since: createdAt, previous: false }
  }

  /** What consumers read. Absent: undefined. */
  async get(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    const visit = this.#visit(id, call)
    const look = await visit.look()
    return look && this.#version(visit, look.current.version, look)
  }

  /** Creates the secret, or is a person's edit: consumers read it at once, and nothing else changes. Repeat: a further version. */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion> {
    checkName(id)
    checkValue(id, value)
    const { requests, clock } = this.#premises
    const before = await requests.get(id, undefined, call)
    if (before === 'disabled') throw disabledCurrent(id)
    if (before) requireOurs(id, before)
    const carried = before ? carriedFrom(before, clock.now()) : { tags: {} }
    const { version, createdAt } = await requests.set(id, value, carried, call)
    return { version, createdAt, value }
  }

  /** Nothing is held open. */
  close(): void {}

  #visit(id: SecretId, call: Call): Visit {
    return new Visit(this.#premises, id, call)
  }

  async #version(visit: Visit, version: VersionId, look: Look): Promise<SecretVersion | undefined> {
    const value = await valueAt(visit, version)
    if (value instanceof SecretValue || !isNamed(look, version)) return this.#named(version, value, look)
    if (!value) throw this.#notShown(visit)
    // Disabled by whoever has retired it since this run looked, or by a person.
    if (!isNamed(await visit.again(), version)) throw visit.stale('The version was retired meanwhile.')
    return this.#named(version, value, look)
  }

  #named(version: VersionId, value: SecretValue | 'disabled' | undefined, look: Look): SecretVersion | undefined {
    if (!value) return undefined
    const rotation = rotationOf(look.ledger, version)
    return { version, ...(rotation && { rotation }), value }
  }

  /** After everything that counts is on record: what cannot be disabled stays enabled. */
  async #disable(visit: Visit, version: VersionId): Promise<void> {
    const place = placeOf(visit.id, version)
    await visit.requests.enable(place.name, place.version, false, visit.call).catch(error => {
      if (!(error instanceof RotationError)) throw error
    })
  }

  #notShown({ id }: Visit): RotationError {
    const journal = this.#premises.journal.nameOf(id)
    return new RotationError('busy', 'Key Vault does not show a version yet that the journal names.', {
      at: id,
      next: `Run the same command again. If the secret was purged and made anew, delete its journal ${journal}.`,
    })
  }

  async #requireWritable(visit: Visit, pending: VersionId): Promise<void> {
    const place = placeOf(visit.id, pending)
    await visit.requests.enable(place.name, place.version, true, visit.call)
  }
}

const isListed = ({ name, managed }: Listed): boolean => !managed && !isSibling(name)

const isCurrent = ({ ledger, current }: Look, rotation: RotationId): boolean =>
  ledger.left?.rotation === rotation && ledger.left.version === current.version && !ledger.pending

/** A version that a describe of this run has named, and that must therefore be there. */
const isNamed = ({ ledger, current }: Look, version: VersionId): boolean =>
  [current.version, ledger.previous, ledger.pending?.version].includes(version)

/** A rotation that the record has forgotten. One that it knows has another version: this is a copy of its tags. */
function forgottenRotation({ left, pending, ended }: Ledger, { tags }: Listed): RotationId | undefined {
  const rotation = tags[ROTATION] as RotationId | undefined
  return [left, pending, ...ended].some(each => each?.rotation === rotation) ? undefined : rotation
}
