import { uuid } from './ids.ts'
import type { RotationRules, SecretState } from './model.ts'
import { createSecret } from './operations/lifecycle.ts'
import { cancel, refuseUnfinished } from './operations/rotate.ts'
import { putSecretValue } from './operations/write.ts'
import type { SecretRecord } from './record.ts'
import type { RotationStart, ServiceEvent } from './rotations.ts'
import type { Request, World } from './world.ts'

/** A secret as it really is, whatever permissions, faults and stale reads say. */
export interface Peeked {
  readonly arn: string
  readonly name: string
  /** In the order of their creation; without `value`: the empty version of a rotation, or a binary value. */
  readonly versions: ReadonlyMap<string, PeekedVersion>
  readonly tags: Readonly<Record<string, string>>
  readonly rotationEnabled: boolean
  readonly rotationRules?: RotationRules
  readonly lambdaArn?: string
  readonly lastRotatedAt?: number
  readonly changedAt: number
  readonly deletedAt?: number
}

export interface PeekedVersion {
  readonly value?: string
  readonly stages: readonly string[]
  readonly createdAt: number
}

export interface NewSecret {
  readonly name: string
  readonly value?: string
  /** The id of its first version; made up when absent. */
  readonly token?: string
  /** Those that begin with `aws:` only a service can give; as RDS does for secrets that it manages. */
  readonly tags?: Readonly<Record<string, string>>
  readonly description?: string
  readonly kmsKeyId?: string
  /** A service that manages the secret, `rds` for example. */
  readonly owningService?: string
  /** A partner's type: a managed external secret. */
  readonly type?: string
  readonly rotation?: { readonly lambdaArn?: string; readonly rules?: RotationRules }
}

/** The service without a network: for tests, for a person at the console, and for whoever plays its rotation. */
export class Service {
  readonly #world: World
  readonly #region: string

  constructor(world: World, region: string) {
    this.#world = world
    this.#region = region
  }

  createSecret(secret: NewSecret): { arn: string; name: string; versionId: string | undefined } {
    const { name, value, description, kmsKeyId, type } = secret
    const tags = Object.entries(secret.tags ?? {})
    const isServices = ([key]: readonly [string, string]) => key.toLowerCase().startsWith('aws:')
    const token = secret.token ?? uuid(this.#world)
    const made = createSecret(this.#console(), {
      Name: name,
      SecretString: value,
      ClientRequestToken: token,
      Description: description,
      KmsKeyId: kmsKeyId,
      Type: type,
      Tags: tags.filter(tag => !isServices(tag)).map(([Key, Value]) => ({ Key, Value })),
    }) as { ARN: string }
    this.#update(name, draft => {
      if (secret.owningService !== undefined) draft.owningService = secret.owningService
      for (const [key, value] of tags.filter(isServices)) draft.tags.set(key, value)
      if (tags.length > 0) draft.tagged = true
      if (secret.rotation) draft.rotation = { enabled: true, ...secret.rotation }
    })
    return { arn: made.ARN, name, versionId: value === undefined ? undefined : token }
  }

  /** A person's edit: current at once, under a new id, which is answered. Abandons a rotation in progress. */
  putAsPerson(secretId: string, value: string, stages?: readonly string[]): string {
    const token = uuid(this.#world)
    const input = { SecretId: secretId, SecretString: value, ClientRequestToken: token, VersionStages: stages }
    putSecretValue(this.#console(), input)
    return token
  }

  peek(secretId: string, region = this.#region): Peeked {
    const { state } = this.#world.regions.locate(region, secretId)
    const { rotation } = state
    return {
      arn: state.arn,
      name: state.name,
      versions: new Map([...state.versions].map(([id, version]) => [id, peekVersion(version)])),
      tags: Object.fromEntries(state.tags),
      rotationEnabled: rotation?.enabled ?? false,
      ...(rotation?.rules && { rotationRules: rotation.rules }),
      ...(rotation?.lambdaArn !== undefined && { lambdaArn: rotation.lambdaArn }),
      ...(rotation?.lastRotatedAt !== undefined && { lastRotatedAt: rotation.lastRotatedAt }),
      changedAt: state.changedAt,
      ...(state.deletedAt !== undefined && { deletedAt: state.deletedAt }),
    }
  }

  /**
   * What a due schedule does: labels the empty pending version. The same token again is the retry of that rotation.
   * Does not call the listeners of onRotate: whoever calls this drives the rotation.
   * @throws ServiceFault while AWSPENDING sits on another version that is not current.
   */
  beginRotation(secretId: string, token: string = uuid(this.#world), options: { test?: boolean } = {}): RotationStart {
    const record = this.#record(secretId)
    refuseUnfinished(record.state, token)
    if (!record.state.rotation) {
      record.update(this.#world.now(), draft => {
        draft.rotation = { enabled: true }
      })
    }
    return this.#world.rotations.begin(record, this.#region, token, options.test ?? false)
  }

  endRotation(
    secretId: string,
    token: string,
    outcome: 'succeeded' | 'failed',
    options: { cleanPending?: boolean } = {},
  ): void {
    this.#world.rotations.end(this.#record(secretId), token, outcome, options.cleanPending)
  }

  isAbandoned(token: string): boolean {
    return this.#world.rotations.isAbandoned(token)
  }

  /** CancelRotateSecret by a person. Answers the token of the rotation that was in progress. */
  cancelRotation(secretId: string): string | undefined {
    return cancel(this.#world.now(), this.#record(secretId))
  }

  /** Called at once for every RotateSecret that begins a rotation. Answers how to stop listening. */
  onRotate(listener: (start: RotationStart) => void): () => void {
    return this.#world.rotations.onRotate(listener)
  }

  /** The rotation function's identity differs from the caller's: PutSecretValue must carry the RotationToken. */
  requireRotationToken(secretId: string): void {
    this.#world.rotations.requireToken(this.#record(secretId).state.arn)
  }

  /** The function's policy does not let the service call it: RotateSecret is refused. */
  forbidFunction(lambdaArn: string): void {
    this.#world.rotations.forbidFunction(lambdaArn)
  }

  get events(): readonly ServiceEvent[] {
    return this.#world.rotations.events
  }

  get kms(): World['kms'] {
    return this.#world.kms
  }

  /** `lagMs`, `pause(region)`, `resume(region)`, `sticks`, `isStuck(region, secret)`. */
  get replication(): Pick<World['regions'], 'lagMs' | 'pause' | 'resume' | 'sticks' | 'isStuck'> {
    return this.#world.regions
  }

  #record(secretId: string): SecretRecord {
    return this.#world.regions.writable(this.#region, secretId)
  }

  #update(secretId: string, change: (draft: SecretState) => void): void {
    this.#record(secretId).update(this.#world.now(), change)
  }

  #console(): Request {
    return { world: this.#world, region: this.#region, accessKeyId: 'the console', stale: undefined }
  }
}

function peekVersion(version: SecretState['versions'] extends Map<string, infer V> ? V : never): PeekedVersion {
  const value = version.value && 'text' in version.value ? version.value.text : undefined
  return {
    ...(value !== undefined && { value }),
    stages: [...version.stages].sort(),
    createdAt: version.createdAt,
  }
}
