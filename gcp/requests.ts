/**
 * The calls to Secret Manager that Lockstep makes, each with the permission that it needs. Every call ends with the caller's
 * signal or deadline, whichever is first; nothing is sent afterwards. Failures: `errors.ts`.
 * @module
 */
import { Buffer } from 'node:buffer'
import type { protos, SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { RotationError } from '../core/errors.ts'
import { bounded } from '../core/federation/bounded.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type { Call } from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { crc32c } from './crc32c.ts'
import { type Asked, isAboutKey, mapError, statusOf } from './errors.ts'
import { federatedOf } from './federated.ts'

type Bounds = Pick<Call, 'signal' | 'deadline'>
type RawSecret = protos.google.cloud.secretmanager.v1.ISecret
type RawVersion = protos.google.cloud.secretmanager.v1.ISecretVersion

/** A secret without its versions. */
export interface Secret {
  /** `projects/…/secrets/…`, with the project as the service calls it. */
  readonly name: string
  readonly etag: string
  readonly aliases: Readonly<Record<string, number>>
  readonly annotations: Readonly<Record<string, string>>
  readonly createdAt: Instant
  /** Why Google Cloud rotates it itself. */
  readonly managed?: string
}

export interface Version {
  readonly number: number
  readonly createdAt: Instant
  readonly enabled: boolean
}

interface Sent<T> extends Asked {
  readonly send: (options: { timeout: number; maxRetries: number }) => Promise<T> & { cancel?: () => void }
}

/** Where secrets live: a project, and a location for regional ones. */
export interface Parent {
  readonly project: string
  readonly location?: string | undefined
}

export const pathOf = ({ project, location }: Parent): string =>
  location === undefined ? `projects/${project}` : `projects/${project}/locations/${location}`

const LONGEST_CALL = 60_000

export class Requests {
  readonly #client: SecretManagerServiceClient
  readonly #clock: Pick<Clock, 'now'>
  readonly #parent: string

  constructor(client: SecretManagerServiceClient, clock: Pick<Clock, 'now'>, { project, location }: Parent) {
    this.#client = client
    this.#clock = clock
    this.#parent = pathOf({ project, location })
  }

  /** secretmanager.secrets.get. Absent: undefined. */
  async secret(id: string, call: Bounds): Promise<Secret | undefined> {
    const found = await this.#absent(call, {
      operation: 'GetSecret',
      permission: 'secretmanager.secrets.get',
      secret: id,
      writes: false,
      send: options => this.#client.getSecret({ name: this.#name(id) }, options),
    })
    return found && secretOf(found[0])
  }

  /** secretmanager.secrets.create. Exists already: nothing. */
  async create(id: string, call: Bounds): Promise<void> {
    await this.#send(call, {
      operation: 'CreateSecret',
      permission: 'secretmanager.secrets.create',
      secret: id,
      writes: true,
      send: async options => {
        try {
          // A regional secret has its replication by its place.
          const replication = this.#parent.includes('/locations/') ? {} : { replication: { automatic: {} } }
          await this.#client.createSecret({ parent: this.#parent, secretId: id, secret: replication }, options)
        } catch (error) {
          if (statusOf(error) !== 'ALREADY_EXISTS') throw error
        }
      },
    })
  }

  /** secretmanager.secrets.update. Both maps are replaced as they are given, under the etag. Moved since: `stale`. */
  async update(
    id: string,
    seen: Secret,
    change: { readonly annotations: Secret['annotations']; readonly aliases?: Secret['aliases'] | undefined },
    call: Bounds,
  ): Promise<Secret> {
    const paths = ['annotations', ...(change.aliases ? ['version_aliases'] : [])]
    const secret = {
      name: this.#name(id),
      etag: seen.etag,
      annotations: { ...change.annotations },
      ...(change.aliases && { versionAliases: { ...change.aliases } }),
    }
    const [updated] = await this.#send(call, {
      operation: 'UpdateSecret',
      permission: 'secretmanager.secrets.update',
      secret: id,
      writes: true,
      send: options => this.#client.updateSecret({ secret, updateMask: { paths } }, options),
    })
    return secretOf(updated)
  }

  /** secretmanager.versions.add. Answers its number. Not repeatable: without an answer, look before another is added. */
  async add(id: string, value: SecretValue, call: Bounds): Promise<Version> {
    const data = Buffer.from(value.reveal())
    const [added] = await this.#send(call, {
      operation: 'AddSecretVersion',
      permission: 'secretmanager.versions.add',
      secret: id,
      writes: true,
      send: options =>
        this.#client.addSecretVersion({ parent: this.#name(id), payload: { data, dataCrc32c: crc32c(data) } }, options),
    })
    return versionOf(added)
  }

  /** secretmanager.versions.get. By number, which is strongly consistent, or an alias. Absent: undefined. */
  async version(id: string, which: number | string, call: Bounds): Promise<Version | undefined> {
    const found = await this.#absent(call, {
      operation: 'GetSecretVersion',
      permission: 'secretmanager.versions.get',
      secret: id,
      writes: false,
      send: options => this.#client.getSecretVersion({ name: `${this.#name(id)}/versions/${which}` }, options),
    })
    return found && versionOf(found[0])
  }

  /** secretmanager.versions.access, by number. Absent: undefined. Disabled or destroyed: `disabled`. */
  async access(id: string, number: number, call: Bounds): Promise<SecretValue | 'disabled' | undefined> {
    return this.#absent(call, {
      operation: 'AccessSecretVersion',
      permission: 'secretmanager.versions.access',
      secret: id,
      writes: false,
      send: async options => {
        try {
          const name = `${this.#name(id)}/versions/${number}`
          const [{ payload }] = await this.#client.accessSecretVersion({ name }, options)
          return textOf(payload, id)
        } catch (error) {
          // A key that is disabled answers so too, and its version is none that is.
          if (statusOf(error) === 'FAILED_PRECONDITION' && !isAboutKey(error)) return 'disabled'
          throw error
        }
      },
    })
  }

  /** secretmanager.versions.list. Newest first, a page of `limit`; seconds or minutes old. Absent: empty. */
  async versions(id: string, limit: number, call: Bounds): Promise<readonly Version[]> {
    const found = await this.#absent(call, {
      operation: 'ListSecretVersions',
      permission: 'secretmanager.versions.list',
      secret: id,
      writes: false,
      send: options =>
        this.#client.listSecretVersions(
          { parent: this.#name(id), pageSize: limit },
          { ...options, autoPaginate: false },
        ) as Promise<[RawVersion[], unknown, unknown]>,
    })
    return (found?.[0] ?? []).map(versionOf)
  }

  /** secretmanager.versions.disable. Already disabled: nothing. */
  async disable(id: string, number: number, call: Bounds): Promise<void> {
    await this.#send(call, {
      operation: 'DisableSecretVersion',
      permission: 'secretmanager.versions.disable',
      secret: id,
      writes: true,
      send: options => this.#client.disableSecretVersion({ name: `${this.#name(id)}/versions/${number}` }, options),
    })
  }

  /** secretmanager.versions.destroy. For what was never used by anybody. */
  async destroy(id: string, number: number, call: Bounds): Promise<void> {
    await this.#send(call, {
      operation: 'DestroySecretVersion',
      permission: 'secretmanager.versions.destroy',
      secret: id,
      writes: true,
      send: options => this.#client.destroySecretVersion({ name: `${this.#name(id)}/versions/${number}` }, options),
    })
  }

  /** secretmanager.secrets.list. Minutes old. */
  async *list(call: Bounds): AsyncIterable<Secret> {
    for (let pageToken: string | undefined; ; ) {
      const [secrets, , response] = await this.#send(call, {
        operation: 'ListSecrets',
        permission: 'secretmanager.secrets.list',
        writes: false,
        send: options =>
          this.#client.listSecrets(
            { parent: this.#parent, pageSize: 25_000, ...(pageToken !== undefined && { pageToken }) },
            { ...options, autoPaginate: false },
          ) as Promise<[RawSecret[], unknown, { nextPageToken?: string | null } | undefined]>,
      })
      for (const secret of secrets) yield secretOf(secret)
      pageToken = response?.nextPageToken ?? undefined
      if (!pageToken) return
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** Aborted: `aborted`. Too late: `no-time`. Answers the milliseconds that are left. */
  requireOpen({ signal, deadline }: Bounds): number {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    const left = deadline - this.#clock.now()
    if (left > 0) return left
    throw new RotationError('no-time', 'No time is left for another call to Secret Manager.')
  }

  #name(id: string): string {
    return `${this.#parent}/secrets/${id}`
  }

  async #absent<T>(call: Bounds, sent: Sent<T>): Promise<T | undefined> {
    try {
      return await this.#send(call, sent)
    } catch (error) {
      if (error instanceof RotationError && error.code === 'secret-not-found') return undefined
      throw error
    }
  }

  async #send<T>(call: Bounds, { send, ...asked }: Sent<T>): Promise<T> {
    const federated = federatedOf(this.#client)
    if (federated) await bounded(call, this.#clock, () => federated.signIn())
    const timeout = Math.min(this.requireOpen(call), LONGEST_CALL)
    // Retries are ours: the client's own would outlive the deadline, and would add a version twice.
    const sent = send({ timeout, maxRetries: 0 })
    const stop = () => sent.cancel?.()
    call.signal.addEventListener('abort', stop)
    try {
      return await sent
    } catch (error) {
      throw mapError(error, asked, call.signal)
    } finally {
      call.signal.removeEventListener('abort', stop)
    }
  }
}

function textOf(payload: { data?: Uint8Array | string | null; dataCrc32c?: unknown } | null | undefined, id: string) {
  const { data } = payload ?? {}
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : Buffer.from(data ?? [])
  const sum = payload?.dataCrc32c
  if (sum != null && Number(sum) !== crc32c(bytes))
    throw new RotationError('store-unavailable', 'A value arrived damaged.', { at: id })
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes))
    throw new RotationError('value-unsuitable', 'The value of the secret is binary; Lockstep rotates text.', { at: id })
  return SecretValue.of(text)
}

type RawTime = { seconds?: unknown; nanos?: number | null } | string | null | undefined

function instantOf(time: RawTime): Instant {
  if (typeof time === 'string') return Date.parse(time)
  return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000)
}

const numberOf = (name: string | null | undefined): number => Number(/\/versions\/(\d+)$/.exec(name ?? '')?.[1])

const versionOf = ({ name, createTime, state }: RawVersion): Version => ({
  number: numberOf(name),
  createdAt: instantOf(createTime as RawTime),
  enabled: state === 'ENABLED' || state === 1,
})

export const secretOf = ({ name, etag, versionAliases, annotations, createTime, ...rest }: RawSecret): Secret => {
  const managed = managedBy(rest)
  return {
    name: name ?? '',
    etag: etag ?? '',
    aliases: Object.fromEntries(Object.entries(versionAliases ?? {}).map(([alias, number]) => [alias, Number(number)])),
    annotations: { ...annotations },
    createdAt: instantOf(createTime as RawTime),
    ...(managed && { managed }),
  }
}

/** Fields that later versions of the client know: a type of its own, or a managed rotation that is active. */
function managedBy(rest: object): string | undefined {
  const { secretType, rotation } = rest as {
    secretType?: unknown
    rotation?: { managedRotationStatus?: { state?: unknown } | null } | null
  }
  const state = rotation?.managedRotationStatus?.state
  if (state === 'ACTIVE' || state === 1) return 'Secret Manager rotates it itself (managed rotation)'
  const generic = secretType == null || secretType === 0 || /UNSPECIFIED|GENERIC/i.test(String(secretType))
  return generic ? undefined : `its type is ${String(secretType)}`
}
