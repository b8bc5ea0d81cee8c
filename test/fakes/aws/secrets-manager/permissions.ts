import { accessDenied, ServiceFault } from './errors.ts'

interface Statement {
  readonly actions: readonly RegExp[]
  readonly resources: readonly RegExp[]
}

interface Identity {
  arn: string
  allows: Statement[] | undefined
  readonly denies: Statement[]
  expired: boolean
}

/** IAM wildcards: `*` any run of characters, `?` one. Actions compare without regard to case. */
const pattern = (wildcard: string, flags = ''): RegExp =>
  new RegExp(
    `^${wildcard
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    `s${flags}`,
  )

const statement = (actions: readonly string[], resources: readonly string[]): Statement => ({
  actions: actions.map(action =>
    pattern(action.includes(':') || action === '*' ? action : `secretsmanager:${action}`, 'i'),
  ),
  resources: resources.map(resource => pattern(resource)),
})

const matches = (one: Statement, action: string, resource: string): boolean =>
  one.actions.some(each => each.test(action)) && one.resources.some(each => each.test(resource))

/** Identity-based policies by access key. A key of which nothing was said may do everything. */
export class Permissions {
  readonly #identities = new Map<string, Identity>()
  readonly #accountId: string

  constructor(accountId: string) {
    this.#accountId = accountId
  }

  /** From the first grant on this key may do only what is granted. An action without a service is of Secrets Manager. */
  grant(accessKeyId: string, actions: readonly string[], resources: readonly string[] = ['*']): void {
    const identity = this.#of(accessKeyId)
    identity.allows = [...(identity.allows ?? []), statement(actions, resources)]
  }

  /** An explicit deny, which no grant outweighs. */
  denyAction(accessKeyId: string, action: string, resources: readonly string[] = ['*']): void {
    this.#of(accessKeyId).denies.push(statement([action], resources))
  }

  /** From now on every call with this key is answered ExpiredTokenException. */
  expire(accessKeyId: string): void {
    this.#of(accessKeyId).expired = true
  }

  /** The ARN that denials name, an assumed role's by default. */
  identify(accessKeyId: string, arn: string): void {
    this.#of(accessKeyId).arn = arn
  }

  reset(accessKeyId?: string): void {
    if (accessKeyId === undefined) this.#identities.clear()
    else this.#identities.delete(accessKeyId)
  }

  allows(accessKeyId: string, action: string, resource: string): boolean {
    return this.#verdict(accessKeyId, action, resource) === 'allowed'
  }

  /** @throws ServiceFault AccessDeniedException in the form that AWS writes; a resource of `*` is not named. */
  check(accessKeyId: string, action: string, resource: string): void {
    const verdict = this.#verdict(accessKeyId, action, resource)
    if (verdict === 'allowed') return
    const on = resource === '*' ? '' : ` on resource: ${resource}`
    const why =
      verdict === 'denied'
        ? 'with an explicit deny in an identity-based policy'
        : `because no identity-based policy allows the ${action} action`
    throw accessDenied(`User: ${this.#of(accessKeyId).arn} is not authorized to perform: ${action}${on} ${why}`)
  }

  /** Undocumented status, assumed: 400, as JSON protocol services answer. */
  checkCredentials(accessKeyId: string): void {
    if (!this.#identities.get(accessKeyId)?.expired) return
    throw new ServiceFault('ExpiredTokenException', 'The security token included in the request is expired')
  }

  #verdict(accessKeyId: string, action: string, resource: string): 'allowed' | 'denied' | 'unmentioned' {
    const identity = this.#identities.get(accessKeyId)
    if (identity?.denies.some(each => matches(each, action, resource))) return 'denied'
    if (!identity?.allows || identity.allows.some(each => matches(each, action, resource))) return 'allowed'
    return 'unmentioned'
  }

  #of(accessKeyId: string): Identity {
    const known = this.#identities.get(accessKeyId)
    if (known) return known
    const arn = `arn:aws:sts::${this.#accountId}:assumed-role/${accessKeyId}/session`
    const identity: Identity = { arn, allows: undefined, denies: [], expired: false }
    this.#identities.set(accessKeyId, identity)
    return identity
  }
}
