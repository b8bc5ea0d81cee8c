import type { ServiceEvent } from './events.ts'
import type { SecretState, Version } from './model.ts'
import { deleteSecret, purgeDeletedSecret, recoverDeletedSecret } from './operations/deleted.ts'
import { setSecret, updateSecret } from './operations/write.ts'
import { Vault, type VaultOptions } from './vault.ts'
import { hexId, type Request, type World } from './world.ts'

/** What a person or a test says of a secret; dates in seconds since 1970. */
export interface SecretSettings {
  readonly contentType?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly enabled?: boolean
  readonly nbf?: number
  readonly exp?: number
}

/** A secret as it really is, whatever permissions, faults and stale reads say. */
export interface Peeked {
  readonly name: string
  /** In the order of their creation. */
  readonly versions: ReadonlyMap<string, PeekedVersion>
  readonly latest: string
  /** Milliseconds since 1970. */
  readonly deletedAt?: number
}

export interface PeekedVersion extends SecretSettings {
  readonly value: string
  readonly enabled: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** The service without a network: for tests, and for a person at the portal. Every method takes the vault last. */
export class Service {
  readonly #world: World
  readonly #home: string

  constructor(world: World, home: string) {
    this.#world = world
    this.#home = home
  }

  /** Another vault, or the home vault anew and empty. */
  createVault(name: string, options: VaultOptions = {}): void {
    this.#world.vaults.set(name.toLowerCase(), new Vault(name.toLowerCase(), options))
  }

  /** With all that is in it; it has no name in the DNS until what is answered has recovered it. */
  deleteVault(name: string): () => void {
    const vault = this.#vault(name)
    this.#world.vaults.delete(name.toLowerCase())
    return () => void this.#world.vaults.set(name.toLowerCase(), vault)
  }

  hasVault(name: string): boolean {
    return this.#world.vaults.has(name.toLowerCase())
  }

  /** A new version, latest at once: of a new secret, or a person's edit of one. Answers its id. */
  putAsPerson(name: string, value: string, settings: SecretSettings = {}, vault = this.#home): string {
    setSecret(this.#portal(vault, name, { value, ...asInput(settings) }))
    return this.peek(name, vault).latest
  }

  /** A person's change of a version's properties; default: of the latest. */
  updateAsPerson(name: string, settings: SecretSettings, version?: string, vault = this.#home): void {
    updateSecret(this.#portal(vault, name, asInput(settings), version))
  }

  /** A certificate's first or next version: its secret is managed by Key Vault. Answers the version's id. */
  putCertificate(name: string, value: string, vault = this.#home): string {
    const now = this.#world.now()
    const record = this.#vault(vault).find(name, now)
    const id = hexId(this.#world)
    const before = record?.state?.latest
    const version: Version = {
      id,
      value,
      contentType: 'application/x-pem-file',
      attributes: { enabled: true, nbf: Math.floor(now / 1000), exp: Math.floor(now / 1000) + 365 * 86_400 },
      createdAt: now,
      updatedAt: now,
      ...(before !== undefined && { before }),
    }
    const versions = new Map(record?.state?.versions).set(id, version)
    this.#vault(vault).place({ name, versions, latest: id, certificate: true }, now)
    return id
  }

  delete(name: string, vault = this.#home): void {
    deleteSecret(this.#portal(vault, name))
  }

  recover(name: string, vault = this.#home): void {
    recoverDeletedSecret(this.#portal(vault, name))
  }

  purge(name: string, vault = this.#home): void {
    purgeDeletedSecret(this.#portal(vault, name))
  }

  /** Undefined: never set, or purged. */
  find(name: string, vault = this.#home): Peeked | undefined {
    const state = this.#vault(vault).find(name, this.#world.now())?.state
    return state && peek(state)
  }

  /** As find; a secret that is not there is the test's mistake. */
  peek(name: string, vault = this.#home): Peeked {
    const found = this.find(name, vault)
    if (!found) throw new Error(`no secret ${name} in the vault ${vault}`)
    return found
  }

  /** The value of the latest version, disabled or not. */
  latestValue(name: string, vault = this.#home): string {
    const { versions, latest } = this.peek(name, vault)
    return versions.get(latest)!.value
  }

  /** The region failed over: reads work, writes do not. Or it failed back. */
  readOnly(on = true, vault = this.#home): void {
    this.#vault(vault).readOnly = on
  }

  /** The firewall keeps these identities out (none: everybody), until `open`. */
  block(identities: readonly string[] = ['*'], vault = this.#home): void {
    for (const each of identities) this.#vault(vault).blocked.add(each)
  }

  open(vault = this.#home): void {
    this.#vault(vault).blocked.clear()
  }

  /** From now on every token that this identity holds is answered 401; one that is made later is not. */
  expireTokens(identity = 'test'): void {
    this.#world.tokens.expire(identity)
  }

  /** What Event Grid would deliver, oldest first; event-schemas.ts writes them. */
  get events(): readonly ServiceEvent[] {
    return this.#world.events.raised
  }

  /** `delayMs`, `subscribed`, `forOldVersions`. */
  get eventGrid(): Pick<World['events'], 'delayMs' | 'subscribed' | 'forOldVersions'> {
    return this.#world.events
  }

  #vault(name: string): Vault {
    const vault = this.#world.vaults.get(name.toLowerCase())
    if (!vault) throw new Error(`no vault ${name}`)
    return vault
  }

  #portal(vault: string, name: string, body: object = {}, version?: string): Request {
    this.#world.events.raiseDue()
    const origin = `https://${vault}.vault.azure.net`
    const rest = { path: '/', apiVersion: '2026-04-01', query: new URLSearchParams(), stale: undefined, version }
    return { world: this.#world, vault: this.#vault(vault), origin, name, body: JSON.stringify(body), ...rest }
  }
}

const asInput = ({ contentType, tags, ...attributes }: SecretSettings): object => ({ contentType, tags, attributes })

function peek({ name, versions, latest, deletion }: SecretState): Peeked {
  return {
    name,
    versions: new Map([...versions].map(([id, version]) => [id, peekVersion(version)])),
    latest,
    ...(deletion && { deletedAt: deletion.at }),
  }
}

const peekVersion = ({ value, contentType, tags, attributes, createdAt, updatedAt }: Version): PeekedVersion => ({
  value,
  ...(contentType !== undefined && { contentType }),
  ...(tags && { tags }),
  ...attributes,
  createdAt,
  updatedAt,
})
