/**
 * The store port on AWS Secrets Manager. A version's id is the rotation's id, AWSPENDING is the claim, and every step is one
 * compare-and-set of a label; which label means what: `labels.ts` and `state.ts`. Only `promote.ts` publishes.
 *
 * Weaker than the port asks: `note` compares and then writes, in two calls. Without its tag (a role that may not tag, a crash
 * right after the promotion) `promotedAt` is when anything of the secret was changed last: never too early, often later.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { isRotationError } from '../core/errors.ts'
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
import { secretName } from './event.ts'
import { factsOf, type SecretFacts } from './facts.ts'
import { checkValue, MAX_VALUE_BYTES, requireOurs } from './guards.ts'
import { CURRENT, PENDING } from './labels.ts'
import { note } from './note.ts'
import { discardPending, putPending } from './pending.ts'
import { type Promotion, promote } from './promote.ts'
import { describe, read, unlabelled, versionOf } from './reading.ts'
import type { Requests } from './requests.ts'
import { claimRetire, retirePrevious } from './retire.ts'
import { summaryOf } from './summary.ts'
import { type Premises, Visit } from './visit.ts'

export class AwsSecretStore implements SecretStore {
  readonly name = 'aws'
  readonly capabilities = { publish: 'fenced', maxValueBytes: MAX_VALUE_BYTES, records: false } as const
  protected readonly premises: Premises

  constructor(
    requests: Requests,
    clock: Pick<Clock, 'now'>,
    { managed, betweenMoves }: Pick<Premises, 'managed' | 'betweenMoves'> = {},
  ) {
    this.premises = {
      ...{ requests, clock, looks: new WeakMap() },
      ...(managed && { managed }),
      ...(betweenMoves && { betweenMoves }),
    }
  }

  describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    return describe(this.visit(id, call))
  }

  read(
    id: SecretId,
    which: VersionId | { readonly pending: RotationId },
    call: Call,
  ): Promise<SecretVersion | undefined> {
    return read(this.visit(id, call), which)
  }

  unlabelled(id: SecretId, limit: number, call: Call): Promise<readonly SecretVersion[]> {
    return unlabelled(this.visit(id, call), limit)
  }

  putPending(id: SecretId, draft: PendingDraft, call: Call): Promise<SecretVersion> {
    return putPending(this.visit(id, call), draft)
  }

  promote(
    id: SecretId,
    promotion: Promotion,
    call: Call,
  ): Promise<{ readonly version: VersionId; readonly already: boolean }> {
    return promote(this.visit(id, call), promotion)
  }

  discardPending(id: SecretId, rotation: RotationId, call: Call): Promise<void> {
    return discardPending(this.visit(id, call), rotation)
  }

  claimRetire(id: SecretId, previous: VersionId, staleAfter: number, call: Call): Promise<void> {
    return claimRetire(this.visit(id, call), previous, staleAfter)
  }

  retirePrevious(id: SecretId, previous: VersionId, call: Call): Promise<void> {
    return retirePrevious(this.visit(id, call), previous)
  }

  note(id: SecretId, change: StateNote, call: Call): Promise<void> {
    return note(this.visit(id, call), change)
  }

  async *list(filter: { readonly prefix?: string }, call: Call): AsyncIterable<SecretSummary> {
    for await (const listed of this.premises.requests.list(filter.prefix ?? '', call)) yield summaryOf(listed)
  }

  /** Listings name secrets, whatever the configuration names them by. */
  listedAs(id: SecretId): SecretId {
    return secretName(id)
  }

  /** Current's version and value. Absent: undefined. */
  async get(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    const found = await this.premises.requests.get(id, { stage: CURRENT }, call)
    return found && versionOf(found)
  }

  /** Creates the secret, or is a person's edit: current moves at once, and nothing else does. Repeat: a further version. */
  async put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion> {
    checkValue(id, value)
    const { requests, clock } = this.premises
    const token = randomUUID()
    const visit = this.visit(id, call)
    const look = await visit.look()
    if (look) {
      requireOurs(visit, look)
      await requests.put(id, { token, value, stages: [CURRENT] }, call)
    } else await requests.create(id, token, value, call)
    return { version: token as string as VersionId, createdAt: clock.now(), value }
  }

  /** Creates the secret. There is one already: it stays as it is. */
  async create(id: SecretId, value: SecretValue, call: Call): Promise<void> {
    checkValue(id, value)
    const visit = this.visit(id, call)
    try {
      if (!(await visit.look())) await this.premises.requests.create(id, randomUUID(), value, call)
    } catch (error) {
      if (!isRotationError(error, 'stale')) throw error
    }
  }

  /**
   * Takes AWSPENDING off a version that is no rotation under way: Secrets Manager begins none while it is there. Answers
   * whether there was one.
   */
  async clearStray(id: SecretId, call: Call): Promise<boolean> {
    const visit = this.visit(id, call)
    const look = await visit.again()
    const { holder, pending, retiring, current } = look.meaning
    if (holder === undefined || pending || retiring || holder === current) return false
    await visit.loosen(look, PENDING, holder)
    return true
  }

  /**
   * Asks Secrets Manager for the rotation that is configured there. One is under way already: `under-way`, and no second one
   * begins. A stray AWSPENDING keeps it from beginning: `refused`.
   */
  async startRotation(id: SecretId, call: Call): Promise<'started' | 'under-way'> {
    try {
      await this.premises.requests.rotate(id, call)
      return 'started'
    } catch (error) {
      const underWay = isRotationError(error, 'refused') && (await this.visit(id, call).again()).meaning.pending
      if (underWay) return 'under-way'
      throw error
    }
  }

  /** Who rotates the secret besides us, and which labels are in the way. Absent: undefined. */
  async facts(id: SecretId, call: Call): Promise<SecretFacts | undefined> {
    const visit = this.visit(id, call)
    const look = visit.known ?? (await visit.look())
    return look && factsOf(look.described, id)
  }

  close(): void {
    this.premises.requests.close()
  }

  protected visit(id: SecretId, call: Call): Visit {
    return new Visit(this.premises, id, call)
  }
}
