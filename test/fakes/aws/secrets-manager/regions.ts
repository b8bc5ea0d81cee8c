import { invalidParameter, invalidRequest, notFound } from './errors.ts'
import { copyState, type SecretState } from './model.ts'
import type { SecretRecord } from './record.ts'
import type { World } from './world.ts'

/** A secret as one region shows it. A replica is the primary's state of a while ago, and cannot be written. */
export interface Located {
  readonly record: SecretRecord
  readonly replicaIn?: string
  readonly state: SecretState
}

export const arnIn = (arn: string, region: string): string =>
  arn.replace(/^(arn:[^:]+:secretsmanager:)[^:]+/, `$1${region}`)

/** The secrets of every region. Primaries are stored; replicas are computed from them. */
export class Regions {
  readonly #primaries = new Map<string, Map<string, SecretRecord>>()
  /** Milliseconds between a write to the primary and its being seen in a replica. */
  lagMs = 0
  /**
   * A label that is moved before a replica shows the move before it leaves that replica as it is, for good: in no document of AWS,
   * but seen there (square/password-rotation-lambda pull request 12, which waits between its two UpdateSecretVersionStage).
   */
  sticks = false
  readonly #paused = new Map<string, number>()
  readonly #moved = new Map<SecretRecord, number>()
  readonly #stuck = new Map<SecretRecord, Map<string, number>>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** From now on replicas in that region see no later writes. */
  pause(region: string): void {
    this.#paused.set(region, this.#world.now())
  }

  resume(region: string): void {
    this.#paused.delete(region)
  }

  /** UpdateSecretVersionStage was applied. */
  hasMoved(record: SecretRecord): void {
    const now = this.#world.now()
    const before = this.#moved.get(record)
    this.#moved.set(record, now)
    if (!this.sticks || before === undefined) return
    for (const region of record.state.replicas.keys()) {
      const until = this.#seenUntil(record, region, now)
      if (until < before) this.#stuckOf(record).set(region, until)
    }
  }

  /** Whether the replica there shows nothing new any more. */
  isStuck(region: string, secretId: string): boolean {
    const found = this.find(region, secretId)
    return found?.replicaIn === region && this.#stuckOf(found.record).has(region)
  }

  records(region: string): SecretRecord[] {
    return [...this.#of(region).values()].filter(record => !this.#isGone(record.state))
  }

  add(region: string, record: SecretRecord): void {
    this.#of(region).set(record.state.arn, record)
  }

  remove(region: string, arn: string): void {
    this.#of(region).delete(arn)
  }

  /** The primaries and replicas that exist there, as of some time before now. */
  located(region: string): Located[] {
    const primaries = this.records(region).map(record => ({ record, state: record.state }))
    const replicas = [...this.#primaries.keys()]
      .flatMap(other => this.records(other))
      .flatMap(record => this.#replica(record, region))
    return [...primaries, ...replicas]
  }

  replicaStatus(record: SecretRecord, region: string): 'InSync' | 'InProgress' | 'Failed' {
    if (record.state.replicas.get(region)?.failure) return 'Failed'
    return this.#replica(record, region).length ? 'InSync' : 'InProgress'
  }

  /** By name, ARN, or ARN without its random suffix. `seen` decides which age of the state is looked at. */
  find(region: string, secretId: string): Located | undefined {
    const all = this.located(region)
    return (
      all.find(each => each.state.arn === secretId || each.state.name === secretId) ??
      all.find(each => each.state.arn.slice(0, -7) === secretId)
    )
  }

  locate(region: string, secretId: string): Located {
    const found = this.find(region, secretId)
    if (!found) throw notFound("Secrets Manager can't find the specified secret.")
    return found
  }

  /** For a write: a replica and a secret scheduled for deletion are refused. Class and text were seen on AWS. */
  writable(region: string, secretId: string): SecretRecord {
    const found = this.locate(region, secretId)
    refuseReplica(found)
    refuseDeleted(found.state)
    return found.record
  }

  #replica(record: SecretRecord, region: string): Located[] {
    const replica = record.state.replicas.get(region)
    if (!replica || replica.failure) return []
    const seenUntil = this.#seenUntil(record, region, this.#world.now())
    if (seenUntil < replica.createdAt) return []
    const seen = record.asOf(seenUntil)
    return seen ? [{ record, replicaIn: region, state: inRegion(seen, region, replica.kmsKeyId) }] : []
  }

  #seenUntil(record: SecretRecord, region: string, now: number): number {
    const held = Math.min(now, this.#paused.get(region) ?? Number.POSITIVE_INFINITY) - this.lagMs
    return Math.min(held, this.#stuckOf(record).get(region) ?? Number.POSITIVE_INFINITY)
  }

  #stuckOf(record: SecretRecord): Map<string, number> {
    const known = this.#stuck.get(record) ?? new Map<string, number>()
    this.#stuck.set(record, known)
    return known
  }

  #isGone(state: SecretState): boolean {
    return state.deletedAt !== undefined && state.deletedAt <= this.#world.now()
  }

  #of(region: string): Map<string, SecretRecord> {
    const known = this.#primaries.get(region)
    if (known) return known
    const fresh = new Map<string, SecretRecord>()
    this.#primaries.set(region, fresh)
    return fresh
  }
}

/** The replica's ARN is the primary's with the other Region (service model, StopReplicationToReplica). */
export function inRegion(state: SecretState, region: string, kmsKeyId?: string): SecretState {
  const copy = { ...copyState(state), arn: arnIn(state.arn, region) }
  if (kmsKeyId === undefined) delete copy.kmsKeyId
  else copy.kmsKeyId = kmsKeyId
  return copy
}

/** InvalidParameterException, not InvalidRequestException: gruntwork-io/cloud-nuke issue 435, lgallard/terraform-aws-secrets-manager issue 188. */
export function refuseReplica(found: Located): void {
  if (found.replicaIn === undefined) return
  throw invalidParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
}

/** Text and class as recorded on AWS. */
export function refuseDeleted(state: SecretState): void {
  if (state.deletedAt === undefined) return
  throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
}
