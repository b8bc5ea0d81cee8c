import { ServiceFault } from './errors.ts'
import { TENANT } from './tokens.ts'
import type { Vault } from './vault.ts'

/** What an operation needs: the data action of a role, and the permission of an access policy. */
export interface Needed {
  /** After `Microsoft.KeyVault/vaults/secrets/`. */
  readonly action: string
  readonly permission: string
}

interface Statement {
  readonly actions: readonly string[]
  readonly scopes: readonly string[]
}

interface Identity {
  allows: Statement[] | undefined
  readonly denies: Statement[]
}

const PREFIX = 'Microsoft.KeyVault/vaults/secrets/'

/** Who may do what, by identity. An identity of which nothing was said may do everything. */
export class Permissions {
  readonly #identities = new Map<string, Identity>()

  /**
   * From the first grant on this identity may do only what is granted. An action is a data action
   * (`Microsoft.KeyVault/vaults/secrets/getSecret/action`, or what follows `secrets/`), a permission of an access policy
   * (`get`), or `*`. A scope is a vault (`my-kv`) or one secret (`my-kv/secrets/app-db`); default: everything.
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

  /** @throws ServiceFault 403 Forbidden with the inner code of the vault's permission model. */
  check(identity: string, needed: Needed, vault: Vault, secret: string): void {
    const known = this.#identities.get(identity)
    const applies = (one: Statement): boolean => matches(one, needed, vault.name, secret)
    const denied = known?.denies.some(applies) ?? false
    if (!denied && (known?.allows?.some(applies) ?? true)) return
    throw vault.options.permissionModel === 'policy'
      ? forbiddenByPolicy(identity, needed, vault)
      : forbiddenByRbac(identity, needed, vault, secret, denied)
  }

  #of(identity: string): Identity {
    const known = this.#identities.get(identity) ?? { allows: undefined, denies: [] }
    this.#identities.set(identity, known)
    return known
  }
}

function matches({ actions, scopes }: Statement, needed: Needed, vault: string, secret: string): boolean {
  const names = [needed.action, PREFIX + needed.action, needed.permission].map(each => each.toLowerCase())
  const inScope = scopes.some(scope =>
    ['*', vault, `${vault}/secrets/${secret}`].some(each => each.toLowerCase() === scope.toLowerCase()),
  )
  return inScope && actions.some(action => action === '*' || names.includes(action.toLowerCase()))
}

const caller = (identity: string): string => `appid=${identity};oid=${identity};iss=https://sts.windows.net/${TENANT}/`

/** Its form: https://github.com/piyushsachdeva/Terraform_AKS/issues/2 */
function forbiddenByRbac(identity: string, { action }: Needed, vault: Vault, secret: string, denied: boolean) {
  const lines = [
    'Caller is not authorized to perform action on resource.',
    'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
    `Caller: ${caller(identity)}`,
    `Action: '${PREFIX}${action}'`,
    `Resource: '${vault.resourceId.toLowerCase()}${secret && `/secrets/${secret.toLowerCase()}`}'`,
    'Assignment: (not found)',
    `DenyAssignmentId: ${denied ? "'33333333-3333-3333-3333-333333333333'" : 'null'}`,
    `DecisionReason: ${denied ? "'DeniedByDenyAssignment'" : "'DeniedWithNoValidRBAC'"} `,
    `Vault: ${vault.name};location=${vault.options.location}`,
    '',
  ]
  return new ServiceFault(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByRbac')
}

/** Its form: https://github.com/hashicorp/terraform-provider-azurerm/issues/26691 */
function forbiddenByPolicy(identity: string, { permission }: Needed, vault: Vault) {
  const message = `The user, group or application '${caller(identity)}' does not have secrets ${permission} permission on key vault '${vault.name};location=${vault.options.location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`
  return new ServiceFault(403, 'Forbidden', message, 'ForbiddenByPolicy')
}

/** @throws ServiceFault 403 ForbiddenByFirewall. Its text is assumed in part. */
export function checkFirewall(vault: Vault, identity: string): void {
  if (!vault.blocked.has('*') && !vault.blocked.has(identity)) return
  const lines = [
    'Client address is not authorized and caller is not a trusted service.',
    'Client address: 127.0.0.1',
    `Caller: ${caller(identity)}`,
    `Vault: ${vault.name};location=${vault.options.location}`,
  ]
  throw new ServiceFault(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByFirewall')
}
