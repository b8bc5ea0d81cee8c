interface Statement {
  readonly actions: readonly string[]
  readonly scopes: readonly string[]
}

interface Identity {
  allows: Statement[] | undefined
  readonly denies: Statement[]
}

/** One question: may this be done there? Each has several names, and any of them may have been granted. */
export interface Wanted {
  readonly actions: readonly string[]
  readonly scopes: readonly string[]
}

/** Who may do what, by identity. An identity of which nothing was said may do everything. Compared without case. */
export class Permissions {
  readonly #identities = new Map<string, Identity>()

  /**
   * From the first grant on this identity may do only what is granted. Actions of Key Vault: a data action
   * (`Microsoft.KeyVault/vaults/secrets/getSecret/action`, or what follows `secrets/`) or a permission of an access policy
   * (`get`); of storage: a data action (`Microsoft.Storage/…/blobs/read`, or `blobs/read`); or `*`. A scope is a vault
   * (`my-kv`), one secret (`my-kv/secrets/app-db`) or a container; default: everything.
   */
  grant(identity: string, actions: readonly string[], scopes: readonly string[] = ['*']): void {
    const known = this.#of(identity)
    known.allows = [...(known.allows ?? []), { actions, scopes }]
  }

  /** What no grant outweighs. */
  denyAction(identity: string, action: string, scopes: readonly string[] = ['*']): void {
    this.#of(identity).denies.push({ actions: [action], scopes })
  }

  reset(identity?: string): void {
    if (identity === undefined) this.#identities.clear()
    else this.#identities.delete(identity)
  }

  verdict(identity: string, wanted: Wanted): 'allowed' | 'denied' | 'unmentioned' {
    const known = this.#identities.get(identity)
    const applies = (one: Statement): boolean => matches(one, wanted)
    if (known?.denies.some(applies)) return 'denied'
    return (known?.allows?.some(applies) ?? true) ? 'allowed' : 'unmentioned'
  }

  #of(identity: string): Identity {
    const known = this.#identities.get(identity) ?? { allows: undefined, denies: [] }
    this.#identities.set(identity, known)
    return known
  }
}

const matches = (one: Statement, wanted: Wanted): boolean =>
  meet(one.actions, wanted.actions) && meet(one.scopes, wanted.scopes)

const meet = (given: readonly string[], wanted: readonly string[]): boolean =>
  given.some(one => one === '*' || wanted.some(other => other.toLowerCase() === one.toLowerCase()))
