import type { Events, PubsubMessage, ServiceEvent, TopicFault } from './events.ts'
import { emptySecret, type SecretInput } from './input.ts'
import type { Keys } from './keys.ts'
import type { Rotation, SecretState, Version, VersionState } from './model.ts'
import type { Site } from './names.ts'
import { createSecret, updateSecret } from './operations/secrets.ts'
import { addVersion } from './operations/versions.ts'
import type { Quotas } from './quotas.ts'
import type { SecretRecord } from './record.ts'
import { settle } from './schedule.ts'
import { toWire } from './time.ts'
import type { Request, World } from './world.ts'

/** A secret as it really is, whatever permissions, faults and stale reads say. Times are milliseconds. */
export interface Peeked {
  readonly name: string
  readonly etag: string
  /** In the order of their creation. */
  readonly versions: ReadonlyMap<number, PeekedVersion>
  readonly aliases: Readonly<Record<string, number>>
  readonly annotations: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly topics: readonly string[]
  readonly rotation?: Readonly<Rotation>
  readonly secretType: string
  readonly createdAt: number
}

export interface PeekedVersion {
  /** Absent once it is destroyed; text, as UTF-8. */
  readonly value?: string
  readonly state: VersionState
  readonly etag: string
  readonly createdAt: number
  readonly destroyedAt?: number
  readonly scheduledDestroyAt?: number
}

export interface NewSecret {
  /** The last part of the name. */
  readonly id: string
  /** The first version. */
  readonly value?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** Aliases of the first version. */
  readonly aliases?: readonly string[]
  readonly topics?: readonly string[]
  readonly rotation?: { readonly nextAt: number; readonly periodMs?: number }
  readonly destroyTtlMs?: number
  /** `CLOUD_SQL_DB_CREDENTIALS`, for example. */
  readonly secretType?: string
  /** The service rotates it: `rotation.managed_rotation_status`. */
  readonly managed?: 'ACTIVE' | 'INACTIVE'
  /** A customer-managed key. */
  readonly key?: string
  /** A regional secret. */
  readonly location?: string
}

/** The service without a network: for tests, and for people at the console. Secrets by id or by any of their names. */
export class Service {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** @throws ServiceFault as the API would. */
  createSecret(secret: NewSecret): { readonly name: string; readonly version: number | undefined } {
    const { id, location, value } = secret
    const parent = `projects/${this.#world.project.id}${location === undefined ? '' : `/locations/${location}`}`
    createSecret(this.#console(location), { parent, secretId: id, secret: settingsOf(secret) })
    const record = this.#record(id, location)
    const { managed, aliases = [] } = secret
    const at = this.#world.now()
    if (value !== undefined) addVersion(this.#world, record, Buffer.from(value), false)
    if (managed !== undefined || aliases.length > 0) {
      record.update(at, draft => {
        if (managed !== undefined) draft.rotation = { ...draft.rotation, managed }
        for (const alias of aliases) draft.aliases.set(alias, 1)
      })
    }
    return { name: record.state.name, version: value === undefined ? undefined : 1 }
  }

  /** A person's edit: a new version, `latest` at once. Answers its number. */
  putAsPerson(secretId: string, value: string, location?: string): number {
    return addVersion(this.#world, this.#record(secretId, location), Buffer.from(value), false).number
  }

  /** A person's change of the secret itself, unconditional and of what is given only; answers the new etag. */
  patchAsPerson(secretId: string, change: Partial<SecretInput>, location?: string): string {
    const { name } = this.#record(secretId, location).state
    const paths = Object.keys(change)
    updateSecret(this.#console(location), { secret: { ...emptySecret, ...change, name }, updateMask: { paths } })
    return this.#record(secretId, location).state.etag
  }

  /** By a person: the state of one version. */
  setVersionState(secretId: string, number: number, state: VersionState, location?: string): void {
    const at = this.#world.now()
    this.#record(secretId, location).update(at, draft => {
      const version = draft.versions.get(number)
      if (!version) throw new Error(`fake: no version ${number}`)
      version.state = state
      version.etag = this.#world.etag()
      if (state === 'DESTROYED') {
        version.destroyedAt = at
        delete version.data
      }
    })
  }

  peek(secretId: string, location?: string): Peeked {
    const { state } = this.#record(secretId, location)
    return {
      ...{ name: state.name, etag: state.etag, topics: state.topics, secretType: state.secretType },
      createdAt: state.createdAt,
      versions: new Map([...state.versions].map(([number, version]) => [number, peekVersion(version)])),
      aliases: Object.fromEntries(state.aliases),
      annotations: Object.fromEntries(state.annotations),
      labels: Object.fromEntries(state.labels),
      ...(state.rotation && { rotation: state.rotation }),
    }
  }

  exists(secretId: string, location?: string): boolean {
    settle(this.#world)
    return this.#world.secrets.find(this.#nameOf(secretId, location)) !== undefined
  }

  /** Ids of all secrets, in the order of their creation. */
  list(): readonly string[] {
    settle(this.#world)
    return this.#world.secrets.all().map(record => record.state.id)
  }

  /** Does what has come due by the clock, as every request does first. */
  settle(): void {
    settle(this.#world)
  }

  /** Every message that was published so far, what is due by the clock included. */
  get events(): readonly ServiceEvent[] {
    settle(this.#world)
    return this.#world.events.list
  }

  /** The messages of one secret, decoded: `data` is the Secret's or SecretVersion's JSON. */
  eventsOf(
    secretId: string,
    location?: string,
  ): readonly { readonly attributes: PubsubMessage['attributes']; readonly data: object }[] {
    const name = this.#nameOf(secretId, location)
    return this.events
      .filter(({ message }) => message.attributes.secretId === name)
      .map(({ message: { attributes, data = '' } }) => ({
        attributes,
        data: JSON.parse(Buffer.from(data, 'base64').toString()) as object,
      }))
  }

  /** Called at once for each message. Answers how to stop listening. */
  onEvent(listener: (event: ServiceEvent) => void): () => void {
    return this.#world.events.onEvent(listener)
  }

  /** From now on messages to this topic get lost; only `auditLog` tells. */
  breakTopic(topic: string, fault?: TopicFault): void {
    this.#world.events.breakTopic(topic, fault)
  }

  mendTopic(topic: string): void {
    this.#world.events.mendTopic(topic)
  }

  get auditLog(): Events['log'] {
    return this.#world.events.log
  }

  get keys(): Keys {
    return this.#world.keys
  }

  get quotas(): Quotas {
    return this.#world.quotas
  }

  #console(location: string | undefined): Request {
    const site: Site = { project: this.#world.project, location }
    return { world: this.#world, site, token: 'the console', stale: undefined }
  }

  #nameOf(secretId: string, location: string | undefined): string {
    const id = secretId.split('/secrets/').at(-1)!.split('/')[0]!
    const place = location ?? /\/locations\/([^/]+)\//.exec(secretId)?.[1]
    return `projects/${this.#world.project.number}${place === undefined ? '' : `/locations/${place}`}/secrets/${id}`
  }

  #record(secretId: string, location: string | undefined): SecretRecord {
    settle(this.#world)
    const name = this.#nameOf(secretId, location)
    const record = this.#world.secrets.find(name)
    if (!record) throw new Error(`fake: no secret ${name}`)
    return record
  }
}

function settingsOf({
  annotations,
  labels,
  topics,
  rotation,
  destroyTtlMs,
  secretType,
  key,
  location,
}: NewSecret): SecretInput {
  const encryption = key === undefined ? null : { kmsKeyName: key }
  return {
    ...emptySecret,
    ...(location === undefined && { replication: { automatic: { customerManagedEncryption: encryption } } }),
    ...(location !== undefined && { customerManagedEncryption: encryption }),
    ...(annotations && { annotations }),
    ...(labels && { labels }),
    ...(topics && { topics: topics.map(name => ({ name })) }),
    ...(rotation && {
      rotation: {
        nextRotationTime: toWire(rotation.nextAt),
        rotationPeriod: rotation.periodMs === undefined ? null : toWire(rotation.periodMs),
      },
    }),
    ...(destroyTtlMs !== undefined && { versionDestroyTtl: toWire(destroyTtlMs) }),
    ...(secretType !== undefined && { secretType }),
  }
}

function peekVersion(version: Version): PeekedVersion {
  const { data, state, etag, createdAt, destroyedAt, scheduledDestroyAt }: Version = version
  return {
    ...{ state, etag, createdAt },
    ...(data && { value: data.toString('utf8') }),
    ...(destroyedAt !== undefined && { destroyedAt }),
    ...(scheduledDestroyAt !== undefined && { scheduledDestroyAt }),
  }
}

export type { SecretState }
