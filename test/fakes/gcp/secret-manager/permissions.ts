import { ServiceFault } from './errors.ts'
import { denied } from './names.ts'

interface Binding {
  readonly permissions: readonly RegExp[]
  readonly resources: readonly RegExp[]
}

interface Identity {
  allows: Binding[] | undefined
  readonly denies: Binding[]
  expired: boolean
}

/** `*` stands for any run of characters. */
const pattern = (wildcard: string): RegExp =>
  new RegExp(`^${wildcard.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`)

const binding = (permissions: readonly string[], resources: readonly string[]): Binding => ({
  permissions: permissions.map(each => pattern(each.startsWith('secretmanager.') ? each : `secretmanager.${each}`)),
  resources: resources.map(each => pattern(each)),
})

const matches = (one: Binding, permission: string, resource: string): boolean =>
  one.permissions.some(each => each.test(permission)) && one.resources.some(each => each.test(resource))

/** What each access token may do. A token of which nothing was said may do everything. */
export class Permissions {
  readonly #identities = new Map<string, Identity>()

  /**
   * From the first grant on this token may do only what is granted: `versions.access`, `secretmanager.secrets.get`, `*`.
   * Resources are names as they are asked for, `*` within them is any run of characters.
   */
  grant(token: string, permissions: readonly string[], resources: readonly string[] = ['*']): void {
    const identity = this.#of(token)
    identity.allows = [...(identity.allows ?? []), binding(permissions, resources)]
  }

  /** A deny policy, which no grant outweighs. */
  denyAction(token: string, permission: string, resources: readonly string[] = ['*']): void {
    this.#of(token).denies.push(binding([permission], resources))
  }

  /** From now on every call with this token is answered UNAUTHENTICATED. */
  expire(token: string): void {
    this.#of(token).expired = true
  }

  reset(token?: string): void {
    if (token === undefined) this.#identities.clear()
    else this.#identities.delete(token)
  }

  allows(token: string, permission: string, resource: string): boolean {
    const identity = this.#identities.get(token)
    if (identity?.denies.some(each => matches(each, permission, resource))) return false
    return identity?.allows?.some(each => matches(each, permission, resource)) ?? true
  }

  /** @throws ServiceFault PERMISSION_DENIED, the same whether the resource exists or not. */
  check(token: string, permission: string, resource: string): void {
    if (!this.allows(token, permission, resource)) throw denied(permission, resource)
  }

  /** @throws ServiceFault UNAUTHENTICATED in Google's own words for a token that is no longer valid. */
  checkCredentials(token: string): void {
    if (this.#identities.get(token)?.expired) throw unauthenticated()
  }

  #of(token: string): Identity {
    const identity = this.#identities.get(token) ?? { allows: undefined, denies: [], expired: false }
    this.#identities.set(token, identity)
    return identity
  }
}

export const unauthenticated = (): ServiceFault =>
  new ServiceFault(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid ' +
      'authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    {
      reason: 'ACCESS_TOKEN_EXPIRED',
      domain: 'googleapis.com',
      metadata: { service: 'secretmanager.googleapis.com' },
    },
  )
