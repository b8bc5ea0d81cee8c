/**
 * The calls to Key Vault that Lockstep makes, each with the permission that it needs. Failures: `errors.ts`.
 * @module
 */
import type { KeyVaultSecret, SecretClient, SecretProperties } from '@azure/keyvault-secrets'
import type { Instant } from '../core/ports/clock.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { type Asked, isDisabled } from './errors.ts'
import { type AzureClock, type Bounds, Sender, unlessAbsent } from './send.ts'

export type Tags = Readonly<Record<string, string>>

/** What a version carries beside its value. */
export interface Carried {
  readonly tags: Tags
  readonly contentType?: string
  readonly expiresOn?: Instant
  readonly notBefore?: Instant
}

export interface Listed extends Carried {
  /** As Key Vault spells it. */
  readonly name: string
  readonly version: VersionId
  /** Whole seconds, cut. */
  readonly createdAt: Instant
  readonly enabled: boolean
  /** Key Vault renews it itself. */
  readonly managed: boolean
}

export interface Held extends Listed {
  readonly value: SecretValue
}

const ACTION = 'Microsoft.KeyVault/vaults/secrets/'

const operations = {
  get: { operation: 'GetSecret', action: `${ACTION}getSecret/action`, policy: 'get', writes: false },
  set: { operation: 'SetSecret', action: `${ACTION}setSecret/action`, policy: 'set', writes: true },
  update: { operation: 'UpdateSecret', action: `${ACTION}update/action`, policy: 'set', writes: true },
  versions: { operation: 'GetSecretVersions', action: `${ACTION}readMetadata/action`, policy: 'list', writes: false },
  list: { operation: 'GetSecrets', action: `${ACTION}readMetadata/action`, policy: 'list', writes: false },
  deleted: { operation: 'GetDeletedSecret', action: `${ACTION}readMetadata/action`, policy: 'get', writes: false },
} as const

export class Requests {
  /** Of the vault, as its address says. */
  readonly host: string
  readonly #client: SecretClient
  readonly #sender: Sender

  /** The client must not repeat requests by itself. */
  constructor(client: SecretClient, clock: AzureClock) {
    this.host = new URL(client.vaultUrl).host.toLowerCase()
    this.#client = client
    this.#sender = new Sender(clock)
  }

  requireOpen(call: Bounds): number {
    return this.#sender.requireOpen(call)
  }

  /**
   * getSecret/action. Without a version: what consumers read, which is the newest version even if it is disabled. Absent:
   * undefined. Disabled: `disabled`.
   */
  get(name: string, version: VersionId | undefined, call: Bounds): Promise<Held | 'disabled' | undefined> {
    const ask = async (abortSignal: AbortSignal) => {
      try {
        return heldOf(await this.#client.getSecret(name, { abortSignal, ...(version !== undefined && { version }) }))
      } catch (error) {
        if (isDisabled(error)) return 'disabled'
        throw error
      }
    }
    return unlessAbsent(this.#sender.send(call, this.#asked('get', name), ask))
  }

  /**
   * setSecret/action. A new version, which consumers read at once, with exactly the properties given. Not repeatable: without
   * an answer (`unknown`), look before another is set.
   */
  async set(name: string, value: SecretValue, carried: Carried, call: Bounds): Promise<Held> {
    const { tags, contentType, expiresOn, notBefore } = carried
    const options = {
      tags: { ...tags },
      ...(contentType !== undefined && { contentType }),
      ...(expiresOn !== undefined && { expiresOn: new Date(expiresOn) }),
      ...(notBefore !== undefined && { notBefore: new Date(notBefore) }),
    }
    return this.#sender.send(call, this.#asked('set', name), async abortSignal =>
      heldOf(await this.#client.setSecret(name, value.reveal(), { ...options, abortSignal })),
    )
  }

  /** update/action. Other properties stay as they are. Repeat: the same. */
  async enable(name: string, version: VersionId, enabled: boolean, call: Bounds): Promise<void> {
    await this.#sender.send(call, this.#asked('update', name), abortSignal =>
      this.#client.updateSecretProperties(name, version, { enabled, abortSignal }),
    )
  }

  /** readMetadata/action, for each 25. Every version, in no order; may be seconds old. Absent: empty. */
  async versions(name: string, call: Bounds): Promise<readonly Listed[]> {
    const all = async (abortSignal: AbortSignal) => {
      const found: Listed[] = []
      for await (const each of this.#client.listPropertiesOfSecretVersions(name, { abortSignal }))
        found.push(listedOf(each))
      return found
    }
    return (await unlessAbsent(this.#sender.send(call, this.#asked('versions', name), all))) ?? []
  }

  /** readMetadata/action, for each 25. The newest version of every secret, in no order; may be seconds old. */
  async *list(call: Bounds): AsyncIterable<readonly Listed[]> {
    const pages = this.#client.listPropertiesOfSecrets({ abortSignal: call.signal }).byPage()
    // Not repeated: the client's iterator ends with its first error, and would then look as if that were all.
    for (;;) {
      const { done, value } = await this.#sender.once(call, this.#asked('list'), () => pages.next())
      if (done) return
      yield (value as SecretProperties[]).map(listedOf)
    }
  }

  /** readMetadata/action. Whether a secret of this name was deleted and can be recovered. */
  async isDeleted(name: string, call: Bounds): Promise<boolean> {
    const ask = async (abortSignal: AbortSignal) => Boolean(await this.#client.getDeletedSecret(name, { abortSignal }))
    return (await unlessAbsent(this.#sender.send(call, this.#asked('deleted', name), ask))) ?? false
  }

  #asked(operation: keyof typeof operations, at?: string): Asked {
    return { service: 'Key Vault', ...operations[operation], at }
  }
}

const heldOf = ({ value = '', properties }: KeyVaultSecret): Held => ({
  ...listedOf(properties),
  value: SecretValue.of(value),
})

const listedOf = (properties: SecretProperties): Listed => ({
  name: properties.name,
  version: (properties.version ?? '') as VersionId,
  createdAt: properties.createdOn?.getTime() ?? 0,
  enabled: properties.enabled ?? true,
  managed: properties.managed ?? false,
  tags: properties.tags ?? {},
  ...(properties.contentType !== undefined && { contentType: properties.contentType }),
  ...(properties.expiresOn && { expiresOn: properties.expiresOn.getTime() }),
  ...(properties.notBefore && { notBefore: properties.notBefore.getTime() }),
})
