import { uuid } from './ids.ts'
import { attach } from './labels.ts'
import { PENDING, type Rotation, type SecretState } from './model.ts'
import type { SecretRecord } from './record.ts'
import { nextRotation } from './schedule.ts'
import { addVersion } from './versions.ts'
import type { World } from './world.ts'

/** What the rotation function is to be called with, four times. */
export interface RotationStart {
  readonly arn: string
  readonly region: string
  readonly token: string
  readonly rotationToken: string
  /** RotateImmediately=false: only the test step is to run. */
  readonly test: boolean
  readonly lambdaArn?: string
}

/** A service event as CloudTrail names it (User Guide, "CloudTrail entries", rotation). */
export interface ServiceEvent {
  readonly name: string
  readonly arn: string
  readonly token?: string
  readonly at: number
}

/** The service's own side of rotations: what it writes, and when it gives one up. */
export class Rotations {
  readonly events: ServiceEvent[] = []
  readonly #listeners = new Set<(start: RotationStart) => void>()
  readonly #abandoned = new Set<string>()
  readonly #required = new Set<string>()
  readonly #forbidden = new Set<string>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  onRotate(listener: (start: RotationStart) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  announce(start: RotationStart): void {
    for (const listener of this.#listeners) listener(start)
  }

  isAbandoned(token: string): boolean {
    return this.#abandoned.has(token)
  }

  /** From now on PutSecretValue with a rotation's token must carry its RotationToken, as for an assumed role. */
  requireToken(arn: string): void {
    this.#required.add(arn)
  }

  /** The function's own policy does not let Secrets Manager call it. */
  forbidFunction(lambdaArn: string): void {
    this.#forbidden.add(lambdaArn)
  }

  mayInvoke(lambdaArn: string): boolean {
    return !this.#forbidden.has(lambdaArn)
  }

  tokenRequired(arn: string): boolean {
    return this.#required.has(arn)
  }

  /** Labels the version before it has a value (DescribeSecret: "might be attached to an empty version"). */
  begin(record: SecretRecord, region: string, token: string, test: boolean): RotationStart {
    const at = this.#world.now()
    const known = record.state.ongoing
    const rotation: Rotation =
      known?.token === token && known.state !== 'succeeded'
        ? { ...known, state: 'running' }
        : { token, rotationToken: uuid(this.#world), test, startedAt: at, state: 'running' }
    record.update(at, draft => {
      attach(draft, PENDING, draft.versions.get(token) ?? addVersion(draft, token, at))
      draft.ongoing = rotation
      draft.changedAt = at
    })
    this.event(test ? 'TestRotationStarted' : 'RotationStarted', record.state, token)
    const lambdaArn = record.state.rotation?.lambdaArn
    return {
      arn: record.state.arn,
      region,
      token,
      rotationToken: rotation.rotationToken,
      test,
      ...(lambdaArn !== undefined && { lambdaArn }),
    }
  }

  /**
   * After success AWSPENDING may sit on the current version or on none (RotateSecret): it stays unless `cleanPending`.
   * A test's temporary version is taken away again. A failed rotation leaves everything as it is.
   */
  end(record: SecretRecord, token: string, outcome: 'succeeded' | 'failed', cleanPending = false): void {
    const at = this.#world.now()
    const ongoing = record.state.ongoing
    if (ongoing?.token !== token) return
    record.update(at, draft => {
      draft.ongoing = { ...ongoing, state: outcome }
      draft.changedAt = at
      if (ongoing.test) return removeTestVersion(draft, token)
      if (outcome === 'failed') return
      if (cleanPending) draft.versions.get(token)?.stages.delete(PENDING)
      noteRotated(draft, at)
    })
    this.event(
      `${ongoing.test ? 'TestRotation' : 'Rotation'}${outcome === 'failed' ? 'Failed' : 'Succeeded'}`,
      record.state,
      token,
    )
  }

  /**
   * A version that is not the rotation's came into being (User Guide, "Logging with CloudTrail", RotationAbandoned): the
   * rotation is given up and AWSPENDING taken off its version. Whether a put under custom labels only counts is not said;
   * it creates a version, so here it does. A failed rotation counts as ongoing, since it is attempted again.
   */
  abandonFor(draft: SecretState, newVersionId: string): boolean {
    const ongoing = draft.ongoing
    if (!ongoing || ongoing.token === newVersionId) return false
    if (ongoing.state !== 'running' && ongoing.state !== 'failed') return false
    draft.versions.get(ongoing.token)?.stages.delete(PENDING)
    draft.ongoing = { ...ongoing, state: 'abandoned' }
    return true
  }

  noteAbandoned(state: SecretState): void {
    const token = state.ongoing!.token
    this.#abandoned.add(token)
    this.event('RotationAbandoned', state, token)
  }

  event(name: string, state: SecretState, token?: string): void {
    this.events.push({ name, arn: state.arn, at: this.#world.now(), ...(token !== undefined && { token }) })
  }
}

function removeTestVersion(draft: SecretState, token: string): void {
  const version = draft.versions.get(token)
  version?.stages.delete(PENDING)
  if (version && !version.value && version.stages.size === 0) draft.versions.delete(token)
}

function noteRotated(draft: SecretState, at: number): void {
  if (!draft.rotation?.enabled) return
  draft.rotation.lastRotatedAt = at
  const next = nextRotation(draft.rotation.rules, at)
  if (next === undefined) delete draft.rotation.nextAt
  else draft.rotation.nextAt = next
}
