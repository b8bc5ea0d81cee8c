/**
 * The store port on Google Cloud's Secret Manager. Every version that is added is `latest` at once, so there are two modes.
 *
 * `alias`: consumers read an alias; pending is a version that no alias names, and promotion moves aliases and record in one
 * conditional patch. `latest`: pending waits in a secret beside it, and promotion adds a version with a value that the target
 * accepts already; nothing can fence that one call, but a version that somebody else added meanwhile is seen and reported.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { RotationError } from '../core/errors.ts'
import {
  claimed,
  discarded,
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
import type { SecretValue } from '../core/secret/secret-value.ts'
import { aliasMode, checkAliases } from './alias-mode.ts'
import { latestMode } from './latest-mode.ts'
import type { Requests } from './requests.ts'
import { isInSibling, isSibling, MAX_ENVELOPED_BYTES, mainVersion, valueAt } from './slots.ts'
import { summaryOf } from './summary.ts'
import { type Look, type Premises, Visit } from './visit.ts'

/** `alias`: what consumers read; `previous`: an alias for the version before, if anybody reads one. */
export type ReadBy = 'latest' | { readonly alias: string; readonly previous?: string | undefined }

const MAX_VALUE_BYTES = 65_536
/** Versions that are looked back over at most. */
const LOOKED_BACK = 50

export class GcpSecretStore implements SecretStore {
  readonly name = 'gcp'
  readonly capabilities: SecretStore['capabilities']
  readonly #premises: Premises
  readonly #mode: ReturnType<typeof aliasMode>
  readonly #holders = new WeakMap<object, string>()

  constructor(requests: Requests, clock: Pick<Clock, 'now'>, readBy: ReadBy) {
    if (readBy !== 'latest') checkAliases(readBy)
    const mode = readBy === 'latest' ? latestMode() : aliasMode(readBy)
    this.#mode = mode
    this.#premises = { requests, clock, mode, looks: new WeakMap(), values: new WeakMap() }
    this.capabilities =
      readBy === 'latest'
        ? { publish: 'reported', maxValueBytes: MAX_ENVELOPED_BYTES, records: false }
        : { publish: 'fenced', maxValueBytes: MAX_VALUE_BYTES, records: false }
  }

  async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const look = await this.#visit(id, call).look()
    return look && stateOf(look.ledger, look.current, look.current.published !== undefined)
  }

  async read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    const visit = this.#visit(id, call)
    const look = visit.known ?? (await visit.look())
    if (typeof which === 'string') return this.#version(visit, which, look)
    const { pending } = look?.ledger ?? {}
    return pending?.rotation === which.pending ? this.#version(visit, pending.version, look) : undefined
  }

  async unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    const visit = this.#visit(id, call)
    const look = await visit.seen()
    const { previous, pending } = look.ledger
    const staged = [look.current.version, previous, pending?.version]
    const versions = await this.#mode.everyVersion(visit, LOOKED_BACK)
    const found: SecretVersion[] = []
    for (const { version, createdAt } of versions) {
      if (found.length >= limit) break
      // In the sibling, what was promoted is a second copy.
      const copy = isInSibling(version) && rotationOf(look.ledger, version) === undefined
      const read = copy || staged.includes(version) ? undefined : await this.#version(visit, version, look)
      if (read) found.push({ ...read, createdAt })
    }
    return found
  }

  /** Added where nobody reads it; the record then names it, by a conditional patch, or names another worker's, which has won. */
  async putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    this.#checkValue(id, draft.value)
    const visit = this.#visit(id, call)
    let brought: VersionId | undefined
    const look = await visit.change(async ({ ledger, current }) => {
      if (ledger.pending?.rotation === draft.rotation) return undefined
      requirePinnable(ledger, draft, current.version)
      brought ??= await this.#mode.bring(visit, draft)
      const { rotation, base } = draft
      return { ledger: pinned(ledger, { rotation, base, version: brought, since: Math.ceil(visit.clock.now()) }) }
    })
    const { version, rotation } = look.ledger.pending!
    if (version === brought) return { version, rotation, value: draft.value }
    if (brought) await this.#mode.abandon(visit, brought)
    return (await this.#version(visit, version, look)) ?? Promise.reject(notShown(id))
  }

  async promote(
    id: SecretId,
    move: { readonly rotation: RotationId; readonly base: VersionId; readonly request?: string },
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean; readonly overwrote?: readonly VersionId[] }> {
    const visit = this.#visit(id, call)
    const first = this.#mode.fenced ? await visit.seen() : await visit.again()
    if (isCurrent(first, move.rotation)) return { version: first.current.version, already: true }
    const { pending } = first.ledger
    const entry =
      first.current.published && pending?.rotation === move.rotation
        ? pending
        : requirePromotable(first.ledger, move, first.current.version)
    const out = await this.#mode.publish(visit, first, entry)
    let already = false
    await visit.change(look => {
      already = look.ledger.left?.rotation === move.rotation
      if (already) return undefined
      const ours =
        look.current.published || out.published ? entry : requirePromotable(look.ledger, move, look.current.version)
      if (look.ledger.pending?.rotation !== move.rotation) throw visit.stale('This rotation is not pending.')
      const ledger = promoted(look.ledger, ours, out.version, move.request, visit.clock.now())
      return { ledger, aliases: out.aliases?.(look.secret.aliases) }
    })
    const known = visit.known!
    const { version, since } = known.ledger.left!
    visit.republished(known, { version, since })
    return { version, already, ...(out.overwrote?.length && { overwrote: out.overwrote }) }
  }

  async discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const described = visit.known !== undefined
    const look = await visit.seen()
    if (look.ledger.pending?.rotation !== rotation) return
    if (!described) throw visit.stale('The secret was not described by this run.')
    await visit.write(look, { ledger: discarded(look.ledger, rotation) })
  }

  async claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const holder = this.#holders.get(call.run) ?? randomUUID().slice(0, 8)
    this.#holders.set(call.run, holder)
    await visit.again()
    await visit.change(({ ledger }) => ({
      ledger: claimed(ledger, { previous, holder, staleAfter, now: visit.clock.now() }),
    }))
  }

  /** The record first: a version that is disabled and still recorded could not be read again. */
  async retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    let ended = false
    await visit.change(({ ledger }) => {
      const next = retired(ledger, previous)
      ended = next !== ledger
      return ended ? { ledger: next } : undefined
    })
    if (ended) await this.#mode.retire(visit, previous)
  }

  async note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    const visit = this.#visit(id, call)
    const look = await visit.decided()
    await visit.write(look, { ledger: noted(look.ledger, change) })
  }

  async *list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    for await (const secret of this.#premises.requests.list(call)) {
      const summary = summaryOf(secret)
      if (summary.id.startsWith(filter.prefix ?? '') && !isSibling(summary.id)) yield summary
    }
  }

  /** What consumers read. Absent: undefined. */
  async get(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    const visit = this.#visit(id, call)
    const look = await visit.look()
    return look && this.#version(visit, look.current.version, look)
  }

  /** Creates the secret, or is a person's edit: consumers read it at once, and nothing else changes. Repeat: a further version. */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion> {
    this.#checkValue(id, value)
    const visit = this.#visit(id, call)
    const { requests } = this.#premises
    if (!(await requests.secret(id, call))) await requests.create(id, call)
    const { number, createdAt } = await requests.add(id, value, call)
    await this.#mode.expose(visit, number)
    return { version: mainVersion(number), createdAt, value }
  }

  /**
   * Creates the secret, or gives one without a value its first: whoever made it may have died in between. There is a value already: it
   * stays. Read by an alias, of several at once one wins; read as latest, what each of them adds stays, the last one shown.
   */
  async create(id: SecretId, value: SecretValue, call: Call): Promise<void> {
    this.#checkValue(id, value)
    const visit = this.#visit(id, call)
    const { requests } = this.#premises
    if (!(await requests.secret(id, call))) await requests.create(id, call)
    await this.#mode.begin(visit, value)
  }

  close(): Promise<void> {
    return this.#premises.requests.close()
  }

  #visit(id: SecretId, call: Call): Visit {
    return new Visit(this.#premises, id, call)
  }

  async #version(visit: Visit, version: VersionId, look: Look | undefined): Promise<SecretVersion | undefined> {
    const found = await valueAt(visit, version)
    if (!found) return undefined
    const rotation = look && rotationOf(look.ledger, version)
    return { version, ...(rotation && { rotation }), value: found }
  }

  #checkValue(id: SecretId, { byteLength }: SecretValue): void {
    const { maxValueBytes } = this.capabilities
    if (byteLength <= maxValueBytes) return
    const message = `A value has at most ${maxValueBytes} bytes here; this one has ${byteLength}.`
    throw new RotationError('value-unsuitable', message, { at: id })
  }
}

const isCurrent = ({ ledger, current }: Look, rotation: RotationId): boolean =>
  ledger.left?.rotation === rotation && ledger.left.version === current.version && !ledger.pending

const notShown = (id: SecretId): RotationError =>
  new RotationError('busy', 'Secret Manager does not show a version yet that its record names.', { at: id })
