/**
 * The calls to Secrets Manager that Lockstep makes, each with the permission that it needs. Every call ends with the caller's
 * signal or deadline, whichever is first; nothing is sent afterwards. Failures: `errors.ts`.
 * @module
 */
import type { SecretListEntry, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { RotationError } from '../core/errors.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type { Call, VersionId } from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { bounded } from './bounded.ts'
import { isService, mapError } from './errors.ts'
import type { Tags } from './tags.ts'

/** A secret as DescribeSecret shows it: versions with labels only. */
export interface Described {
  readonly arn: string
  readonly name: string
  readonly stages: ReadonlyMap<VersionId, readonly string[]>
  readonly tags: Tags
  /** When anything of the secret was changed last; never too early. */
  readonly changedAt: Instant
  readonly createdAt: Instant
  /** When Secrets Manager last ended a rotation of its own. */
  readonly rotatedAt?: Instant
  /** Secrets Manager calls a function to rotate it. */
  readonly rotationEnabled: boolean
  /** The service, or the kind of managed secret, that it belongs to. */
  readonly owner?: string
  /** The region that it is replicated from. */
  readonly primaryRegion?: string
  readonly deleted: boolean
}

/** One version with its value. */
export interface Fetched {
  readonly version: VersionId
  readonly stages: readonly string[]
  readonly createdAt: Instant
  readonly value: SecretValue
}

export interface Listed {
  readonly name: string
  readonly stages: ReadonlyMap<VersionId, readonly string[]>
  readonly tags: Tags
  readonly changedAt?: Instant
  readonly createdAt?: Instant
  readonly rotatedAt?: Instant
}

type Sdk = typeof import('@aws-sdk/client-secrets-manager')
type Bounds = Pick<Call, 'signal' | 'deadline'>
interface Sent<T> {
  readonly operation: string
  readonly secret?: string
  readonly writes: boolean
  readonly send: (sdk: Sdk, options: { abortSignal: AbortSignal }) => Promise<T>
}

export class Requests {
  readonly #client: SecretsManagerClient
  readonly #clock: Pick<Clock, 'now'>

  constructor(client: SecretsManagerClient, clock: Pick<Clock, 'now'>) {
    this.#client = client
    this.#clock = clock
  }

  /** secretsmanager:DescribeSecret. Absent: undefined. Scheduled for deletion: `refused`. */
  async describe(id: string, call: Bounds): Promise<Described | undefined> {
    const found = await this.#absent(call, {
      operation: 'DescribeSecret',
      secret: id,
      writes: false,
      send: ({ DescribeSecretCommand }, o) => this.#client.send(new DescribeSecretCommand({ SecretId: id }), o),
    })
    if (!found) return undefined
    const owner = found.OwningService ?? found.Type
    return {
      arn: found.ARN ?? id,
      name: found.Name ?? id,
      stages: stagesOf(found.VersionIdsToStages),
      tags: tagsOf(found.Tags),
      changedAt: notBefore(instantOf(found.LastChangedDate ?? found.CreatedDate)),
      createdAt: instantOf(found.CreatedDate),
      ...(found.LastRotatedDate && { rotatedAt: notBefore(instantOf(found.LastRotatedDate)) }),
      rotationEnabled: found.RotationEnabled ?? false,
      ...(owner && { owner }),
      ...(found.PrimaryRegion && { primaryRegion: found.PrimaryRegion }),
      deleted: found.DeletedDate !== undefined,
    }
  }

  /** secretsmanager:GetSecretValue, kms:Decrypt. By id, by stage, or by both, which then must agree. Absent: undefined. */
  async get(
    id: string,
    which: { readonly version?: string; readonly stage?: string },
    call: Bounds,
  ): Promise<Fetched | undefined> {
    const input = {
      SecretId: id,
      ...(which.version !== undefined && { VersionId: which.version }),
      ...(which.stage !== undefined && { VersionStage: which.stage }),
    }
    const found = await this.#absent(call, {
      operation: 'GetSecretValue',
      secret: id,
      writes: false,
      send: async ({ GetSecretValueCommand }, o) => {
        try {
          return await this.#client.send(new GetSecretValueCommand(input), o)
        } catch (error) {
          // Id and stage disagree: which error says so is not documented.
          const disagree = which.version !== undefined && which.stage !== undefined
          if (disagree && isService(error, 'InvalidRequestException', 'InvalidParameterException')) return undefined
          throw error
        }
      },
    })
    if (!found) return undefined
    if (found.SecretString === undefined)
      throw new RotationError('value-unsuitable', 'The value of the secret is binary; Lockstep rotates text.', {
        at: id,
      })
    return {
      version: found.VersionId as VersionId,
      stages: found.VersionStages ?? [],
      createdAt: instantOf(found.CreatedDate),
      value: SecretValue.of(found.SecretString),
    }
  }

  /**
   * secretsmanager:PutSecretValue, kms:GenerateDataKey (kms:Decrypt). The token becomes the version's id; the labels are taken
   * from whoever holds them. Repeat with the same value: nothing more. Answers the labels that the version has now; `exists`: it has
   * another value already.
   */
  put(
    id: string,
    version: {
      readonly token: string
      readonly value: SecretValue
      readonly stages: readonly string[]
      readonly rotationToken?: string | undefined
    },
    call: Bounds,
  ): Promise<readonly string[] | 'exists'> {
    const input = {
      SecretId: id,
      ClientRequestToken: version.token,
      SecretString: version.value.reveal(),
      VersionStages: [...version.stages],
      ...(version.rotationToken !== undefined && { RotationToken: version.rotationToken }),
    }
    return this.#send(call, {
      operation: 'PutSecretValue',
      secret: id,
      writes: true,
      send: async ({ PutSecretValueCommand }, o) => {
        try {
          return (await this.#client.send(new PutSecretValueCommand(input), o)).VersionStages ?? []
        } catch (error) {
          if (isService(error, 'ResourceExistsException')) return 'exists'
          throw error
        }
      },
    })
  }

  /**
   * secretsmanager:UpdateSecretVersionStage. The compare-and-set of this service: a label is attached only if nobody has it, or
   * taken from exactly the version that `from` names. Otherwise `stale`, and nothing has moved.
   */
  async move(
    id: string,
    { label, from, to }: { readonly label: string; readonly from?: VersionId; readonly to?: VersionId },
    call: Bounds,
  ): Promise<void> {
    const input = {
      SecretId: id,
      VersionStage: label,
      ...(from !== undefined && { RemoveFromVersionId: from }),
      ...(to !== undefined && { MoveToVersionId: to }),
    }
    await this.#send(call, {
      operation: 'UpdateSecretVersionStage',
      secret: id,
      writes: true,
      send: async ({ UpdateSecretVersionStageCommand }, o) => {
        try {
          await this.#client.send(new UpdateSecretVersionStageCommand(input), o)
        } catch (error) {
          // The texts differ and may change; what stands where is looked up again by whoever needs it.
          if (!isService(error, 'InvalidParameterException')) throw error
          throw new RotationError('stale', `The label ${label} is not where it was seen last.`, { at: id })
        }
      },
    })
  }

  /** secretsmanager:TagResource. Replaces the named tags at once, and no other. */
  async tag(id: string, tags: Tags, call: Bounds): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    await this.#send(call, {
      operation: 'TagResource',
      secret: id,
      writes: true,
      send: ({ TagResourceCommand }, o) => this.#client.send(new TagResourceCommand({ SecretId: id, Tags }), o),
    })
  }

  /** secretsmanager:ListSecretVersionIds. Versions without a label too, newest first. */
  async versions(id: string, call: Bounds): Promise<readonly { version: VersionId; createdAt: Instant }[]> {
    const all: { version: VersionId; createdAt: Instant }[] = []
    for (let token: string | undefined; ; ) {
      const page = await this.#send(call, {
        operation: 'ListSecretVersionIds',
        secret: id,
        writes: false,
        send: ({ ListSecretVersionIdsCommand }, o) =>
          this.#client.send(
            new ListSecretVersionIdsCommand({
              SecretId: id,
              IncludeDeprecated: true,
              MaxResults: 100,
              ...(token !== undefined && { NextToken: token }),
            }),
            o,
          ),
      })
      for (const { VersionId: version, CreatedDate } of page.Versions ?? [])
        if (version) all.push({ version: version as VersionId, createdAt: instantOf(CreatedDate) })
      token = page.NextToken
      if (!token) return all.toSorted((a, b) => b.createdAt - a.createdAt)
    }
  }

  /** secretsmanager:ListSecrets. Up to five minutes old; an empty page is not the end. */
  async *list(prefix: string, call: Bounds): AsyncIterable<Listed> {
    for (let token: string | undefined; ; ) {
      const page = await this.#send(call, {
        operation: 'ListSecrets',
        writes: false,
        send: ({ ListSecretsCommand }, o) =>
          this.#client.send(
            new ListSecretsCommand({
              MaxResults: 100,
              ...(prefix !== '' && { Filters: [{ Key: 'name', Values: [prefix] }] }),
              ...(token !== undefined && { NextToken: token }),
            }),
            o,
          ),
      })
      // The service's filter has a grammar of its own (`!` negates).
      for (const entry of page.SecretList ?? []) if (entry.Name?.startsWith(prefix)) yield listedOf(entry.Name, entry)
      token = page.NextToken
      if (!token) return
    }
  }

  /**
   * secretsmanager:RotateSecret, and lambda:InvokeFunction on the function. Secrets Manager begins a rotation as it is configured;
   * one is under way, or the secret is none that rotates: `refused`.
   */
  async rotate(id: string, call: Bounds): Promise<void> {
    await this.#send(call, {
      operation: 'RotateSecret',
      secret: id,
      writes: true,
      send: ({ RotateSecretCommand }, o) => this.#client.send(new RotateSecretCommand({ SecretId: id }), o),
    })
  }

  /** secretsmanager:CreateSecret. Exists: `stale`. */
  create(id: string, token: string, value: SecretValue, call: Bounds): Promise<void> {
    const input = { Name: id, ClientRequestToken: token, SecretString: value.reveal() }
    return this.#send(call, {
      operation: 'CreateSecret',
      secret: id,
      writes: true,
      send: async ({ CreateSecretCommand }, o) => void (await this.#client.send(new CreateSecretCommand(input), o)),
    })
  }

  /**
   * secretsmanager:StopReplicationToReplica, in the replica's own region: it becomes a secret of its own there. Stands alone already:
   * `refused`. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
   */
  async standAlone(id: string, call: Bounds): Promise<void> {
    await this.#send(call, {
      operation: 'StopReplicationToReplica',
      secret: id,
      writes: true,
      send: ({ StopReplicationToReplicaCommand }, o) =>
        this.#client.send(new StopReplicationToReplicaCommand({ SecretId: id }), o),
    })
  }

  /** The region that the client speaks to. */
  region(): Promise<string> {
    return this.#client.config.region()
  }

  close(): void {
    this.#client.destroy()
  }

  /** Aborted: `aborted`. Too late: `no-time`. Answers the milliseconds that are left. */
  requireOpen({ signal, deadline }: Bounds): number {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    const left = deadline - this.#clock.now()
    if (left > 0) return left
    throw new RotationError('no-time', 'No time is left for another call to Secrets Manager.')
  }

  async #absent<T>(call: Bounds, sent: Sent<T | undefined>): Promise<T | undefined> {
    try {
      return await this.#send(call, sent)
    } catch (error) {
      if (error instanceof RotationError && error.code === 'secret-not-found') return undefined
      throw error
    }
  }

  async #send<T>(call: Bounds, { send, ...asked }: Sent<T>): Promise<T> {
    const left = this.requireOpen(call)
    try {
      const sdk = await import('@aws-sdk/client-secrets-manager')
      return await bounded(call.signal, left, abortSignal => send(sdk, { abortSignal }))
    } catch (error) {
      throw mapError(error, asked, call.signal)
    }
  }
}

/** A date in whole seconds may have been cut: what must not be too early is taken as the end of that second. */
export const notBefore = (at: Instant): Instant => (at % 1000 === 0 ? at + 999 : at)

const instantOf = (date: Date | undefined): Instant => date?.getTime() ?? 0

const stagesOf = (stages: Record<string, string[]> | undefined): ReadonlyMap<VersionId, readonly string[]> =>
  new Map(Object.entries(stages ?? {}) as [VersionId, string[]][])

function listedOf(name: string, entry: SecretListEntry): Listed {
  const { SecretVersionsToStages, Tags, LastChangedDate, CreatedDate, LastRotatedDate } = entry
  return {
    name,
    stages: stagesOf(SecretVersionsToStages),
    tags: tagsOf(Tags),
    ...(LastChangedDate && { changedAt: instantOf(LastChangedDate) }),
    ...(CreatedDate && { createdAt: instantOf(CreatedDate) }),
    ...(LastRotatedDate && { rotatedAt: instantOf(LastRotatedDate) }),
  }
}

const tagsOf = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
