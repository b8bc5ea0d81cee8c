import type { SecretState } from './model.ts'
import { SecretRecord } from './record.ts'

export interface VaultOptions {
  /** Who may do what: roles on data actions (the default), or the vault's own access policies. */
  readonly permissionModel?: 'rbac' | 'policy'
  /** 7 to 90 days. Default 90. */
  readonly retentionDays?: number
  readonly purgeProtection?: boolean
  /** Default westeurope. */
  readonly location?: string
  /** A backup can be restored in the same geography only. Default Europe. */
  readonly geography?: string
  /** How long a deletion and a recovery take. Default 0. */
  readonly deletionMs?: number
}

/** One vault and its secrets. Names are compared without case. */
export class Vault {
  readonly name: string
  readonly options: Required<VaultOptions>
  /** Its region failed over: reads and backups only. */
  readOnly = false
  /** Identities that the firewall keeps out; `*`: everybody. */
  readonly blocked = new Set<string>()
  readonly #records = new Map<string, SecretRecord>()

  constructor(name: string, options: VaultOptions = {}) {
    this.name = name
    this.options = {
      permissionModel: 'rbac',
      retentionDays: 90,
      purgeProtection: false,
      location: 'westeurope',
      geography: 'Europe',
      deletionMs: 0,
      ...options,
    }
  }

  get resourceId(): string {
    return `/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${this.name}`
  }

  records(): readonly SecretRecord[] {
    return [...this.#records.values()]
  }

  /** What the name stands for, deleted or not; a deletion whose retention is over has ended it. */
  find(name: string, now: number): SecretRecord | undefined {
    const record = this.#records.get(name.toLowerCase())
    const purgeAt = record?.state?.deletion?.purgeAt
    if (purgeAt !== undefined && purgeAt <= now) record!.replace(purgeAt, undefined)
    return record
  }

  /** Publishes a whole state: of a new secret, or of one that was purged. */
  place(state: SecretState, now: number): SecretRecord {
    const key = state.name.toLowerCase()
    const known = this.#records.get(key)
    known?.replace(now, state)
    const record = known ?? new SecretRecord(state, now)
    this.#records.set(key, record)
    return record
  }
}
