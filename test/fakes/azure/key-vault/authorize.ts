import type { Permissions } from '../common/permissions.ts'
import { ServiceFault } from '../common/service-fault.ts'
import { TENANT } from '../common/tokens.ts'
import type { Vault } from './vault.ts'

/** What an operation needs: the data action of a role, and the permission of an access policy. */
export interface Needed {
  /** After `Microsoft.KeyVault/vaults/secrets/`. */
  readonly action: string
  readonly permission: string
}

const PREFIX = 'Microsoft.KeyVault/vaults/secrets/'

/** @throws ServiceFault 403 Forbidden with the inner code of the vault's permission model. */
export function authorize(permissions: Permissions, identity: string, needed: Needed, vault: Vault, secret: string) {
  const actions = [needed.action, PREFIX + needed.action, needed.permission]
  const verdict = permissions.verdict(identity, { actions, scopes: [vault.name, `${vault.name}/secrets/${secret}`] })
  if (verdict === 'allowed') return
  throw vault.options.permissionModel === 'policy'
    ? forbiddenByPolicy(identity, needed, vault)
    : forbiddenByRbac(identity, needed, vault, secret, verdict === 'denied')
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
