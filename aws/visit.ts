/**
 * One call of the port to one secret: what its run has seen so far, and the moves that it makes, each noted in what it has seen.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { Clock, Duration } from '../core/ports/clock.ts'
import type { Call, RotationId, SecretId, VersionId } from '../core/ports/secret-store.ts'
import type { BetweenMoves } from './between-moves.ts'
import { Look } from './look.ts'
import type { Described, Requests } from './requests.ts'
import { meaningOf } from './state.ts'

/** A rotation that Secrets Manager runs itself. */
export interface ManagedRotation {
  /** `ClientRequestToken` of the event: the version's id. */
  readonly token: RotationId
  /** `RotationToken` of the event: proves to the service who puts, where roles or accounts differ. */
  readonly rotationToken?: string | undefined
}

/** What all visits of one store share. */
export interface Premises {
  readonly requests: Requests
  readonly clock: Pick<Clock, 'now'>
  /** What each run has seen, for as long as the run lives. */
  readonly looks: WeakMap<object, Map<SecretId, Look>>
  /** Set while Secrets Manager asks for it. */
  readonly managed?: ManagedRotation
  /** Where Secrets Manager copies to other regions by itself. */
  readonly betweenMoves?: BetweenMoves
}

export interface Move {
  readonly label: string
  readonly from?: VersionId
  readonly to?: VersionId
}

/** How long one call of the port waits for replicas in all. */
const PATIENCE: Duration = 30_000

export class Visit {
  readonly requests: Requests
  readonly clock: Pick<Clock, 'now'>
  readonly managed: ManagedRotation | undefined
  readonly id: SecretId
  readonly call: Call
  /** What is left of it. */
  patience = PATIENCE
  readonly #premises: Premises

  constructor(premises: Premises, id: SecretId, call: Call) {
    this.requests = premises.requests
    this.clock = premises.clock
    this.managed = premises.managed
    this.id = id
    this.call = call
    this.#premises = premises
  }

  /** What the run has seen before. */
  get known(): Look | undefined {
    return this.#premises.looks.get(this.call.run)?.get(this.id)
  }

  /** What the run has seen, or a first look. Absent: `secret-not-found`. */
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

  /** A fresh look. Absent: `secret-not-found`. */
  async again(): Promise<Look> {
    const look = await this.look()
    if (look) return look
    throw new RotationError('secret-not-found', `Secrets Manager has no secret ${this.id}.`, { at: this.id })
  }

  /** A fresh look. Absent: undefined. Older than what the run has seen: `busy`, for what was seen then was acted on. */
  async look(): Promise<Look | undefined> {
    const described = await this.requests.describe(this.id, this.call)
    const seen = this.known?.described.changedAt ?? 0
    if (described && described.changedAt < seen)
      throw new RotationError('busy', 'Secrets Manager answers with an older state than before.', { at: this.id })
    return described && this.remember(described)
  }

  /** Scheduled for deletion, or without a value: `refused`. */
  remember(described: Described): Look {
    const secret = this.id
    if (described.deleted)
      throw new RotationError('refused', 'The secret is scheduled for deletion.', {
        at: secret,
        next: `\`aws secretsmanager restore-secret --secret-id ${secret}\` keeps it; then run the same command again.`,
      })
    if (!meaningOf(described, [secret]))
      throw new RotationError('refused', 'The secret holds no value yet.', {
        at: secret,
        next: 'Put one: `lockstep secret put NAME`.',
      })
    const looks = this.#premises.looks.get(this.call.run) ?? new Map<SecretId, Look>()
    this.#premises.looks.set(this.call.run, looks)
    const known = looks.get(secret)
    known?.renew(described)
    const look = known ?? new Look(secret, described)
    looks.set(secret, look)
    return look
  }

  /** By compare-and-set. Not where it was seen: `stale`, and nothing has moved. */
  async move(look: Look, move: Move): Promise<void> {
    await this.settled(look)
    await this.requests.move(this.id, move, this.call)
    look.moved(move.label, move.to)
    if (look.replicas === 'settled') look.replicas = 'unknown'
  }

  /**
   * Whether every replica shows the labels that the run has seen and made, whoever moved the last one. One that does not in time is not
   * waited for again by this run: a region that is lost must not hold the others.
   */
  async settled(look: Look): Promise<boolean> {
    const { betweenMoves } = this.#premises
    if (!betweenMoves || look.replicas !== 'unknown') return look.replicas !== 'lagging'
    const began = this.clock.now()
    // half of what is left: a region that is lost must leave time for what is to be done
    const patience = Math.min(this.patience, (this.call.deadline - began) / 2)
    const shown = patience > 0 && (await betweenMoves(this.id, look.described.stages, patience, this.call))
    this.patience -= this.clock.now() - began
    look.replicas = shown ? 'settled' : 'lagging'
    return shown
  }

  /** Takes a label off, if it is still there. */
  async loosen(look: Look, label: string, from: VersionId): Promise<void> {
    try {
      await this.move(look, { label, from })
    } catch (error) {
      if (!(error instanceof RotationError) || error.code !== 'stale') throw error
    }
  }

  stale(message: string): RotationError {
    return new RotationError('stale', message, { at: this.id })
  }

  notShown(): RotationError {
    return new RotationError('busy', 'Secrets Manager names a version that it does not show yet.', { at: this.id })
  }
}

/**
 * A rotation of our own in a run that the service has asked for: it never gets AWSPENDING, which would keep every later rotation
 * of the service from beginning if this run died.
 */
export const isBeside = ({ managed }: Visit, rotation: RotationId): boolean =>
  managed !== undefined && managed.token !== rotation

export const asVersion = (rotation: RotationId): VersionId => rotation as string as VersionId
export const asRotation = (version: VersionId): RotationId => version as string as RotationId
