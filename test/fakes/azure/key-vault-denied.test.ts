// Who may do what. https://learn.microsoft.com/azure/key-vault/general/rbac-guide and …/general/rest-error-codes
import type { SecretClient } from '@azure/keyvault-secrets'
import { describe, expect, it } from 'vitest'
import { all, refused, type Stage, stage } from './key-vault/support.ts'

interface Row {
  readonly operation: string
  /** After `Microsoft.KeyVault/vaults/secrets/`. */
  readonly action: string
  readonly permission: string
  readonly call: (sdk: SecretClient, version: string) => Promise<unknown>
  /** A list that is refused keeps the status only. */
  readonly list?: true
}

const rows: Row[] = [
  { operation: 'get', action: 'getSecret/action', permission: 'get', call: sdk => sdk.getSecret('app-db') },
  {
    operation: 'get by version',
    action: 'getSecret/action',
    permission: 'get',
    call: (sdk, version) => sdk.getSecret('app-db', { version }),
  },
  { operation: 'set', action: 'setSecret/action', permission: 'set', call: sdk => sdk.setSecret('app-db', 'two') },
  {
    operation: 'update',
    action: 'update/action',
    permission: 'set',
    call: (sdk, version) => sdk.updateSecretProperties('app-db', version, {}),
  },
  {
    operation: 'list secrets',
    action: 'readMetadata/action',
    permission: 'list',
    call: sdk => all(sdk.listPropertiesOfSecrets()),
    list: true,
  },
  {
    operation: 'list versions',
    action: 'readMetadata/action',
    permission: 'list',
    call: sdk => all(sdk.listPropertiesOfSecretVersions('app-db')),
    list: true,
  },
  { operation: 'delete', action: 'delete', permission: 'delete', call: sdk => sdk.beginDeleteSecret('app-db') },
  {
    operation: 'get deleted',
    action: 'readMetadata/action',
    permission: 'get',
    call: sdk => sdk.getDeletedSecret('gone'),
  },
  { operation: 'purge', action: 'purge/action', permission: 'purge', call: sdk => sdk.purgeDeletedSecret('gone') },
  { operation: 'backup', action: 'backup/action', permission: 'backup', call: sdk => sdk.backupSecret('app-db') },
]

async function prepared(permissionModel: 'rbac' | 'policy'): Promise<[Stage, string]> {
  const at = await stage({ permissionModel })
  const version = at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.putAsPerson('gone', 'one')
  at.fake.service.delete('gone')
  return [at, version]
}

describe.each(rows)('$operation', ({ action, permission, call, list }) => {
  it(`needs the data action ${action}: else 403 ForbiddenByRbac, which names it`, async () => {
    const [at, version] = await prepared('rbac')
    await using _ = at
    at.fake.permissions.grant('allowed', [`Microsoft.KeyVault/vaults/secrets/${action}`])
    at.fake.permissions.denyAction('denied', action)
    at.fake.permissions.grant('other', ['keys/read'])
    for (const identity of ['denied', 'other']) {
      const refusal = call(at.open({ identity }), version)
      if (list) await expect(refusal).rejects.toMatchObject({ statusCode: 403 })
      else
        expect(await refused(refusal, 403, 'ForbiddenByRbac')).toContain(
          `Action: 'Microsoft.KeyVault/vaults/secrets/${action}'`,
        )
    }
    expect(at.fake.calls.list.at(-1)?.error).toBe('ForbiddenByRbac')
    await call(at.open({ identity: 'allowed' }), version)
  })

  it(`needs the permission ${permission} of an access policy: else 403 ForbiddenByPolicy`, async () => {
    const [at, version] = await prepared('policy')
    await using _ = at
    const others = ['get', 'list', 'set', 'delete', 'purge', 'backup'].filter(each => each !== permission)
    at.fake.permissions.grant('other', others)
    at.fake.permissions.grant('allowed', [permission])
    const refusal = call(at.open({ identity: 'other' }), version)
    if (list) await expect(refusal).rejects.toMatchObject({ statusCode: 403 })
    else
      expect(await refused(refusal, 403, 'ForbiddenByPolicy')).toContain(
        `does not have secrets ${permission} permission on key vault 'my-kv`,
      )
    await call(at.open({ identity: 'allowed' }), version)
  })
})

it('a role may be given on one secret or on one vault', async () => {
  await using at = await stage()
  at.fake.service.createVault('other-kv')
  for (const vault of ['my-kv', 'other-kv']) {
    at.fake.service.putAsPerson('app-db', 'one', {}, vault)
    at.fake.service.putAsPerson('app-api', 'one', {}, vault)
  }
  at.fake.permissions.grant('one', ['getSecret/action'], ['my-kv/secrets/APP-db'])
  at.fake.permissions.grant('vault', ['getSecret/action'], ['other-kv'])
  await at.open({ identity: 'one' }).getSecret('app-db')
  await refused(at.open({ identity: 'one' }).getSecret('app-api'), 403, 'ForbiddenByRbac')
  await at.open({ identity: 'vault', vault: 'other-kv' }).getSecret('app-api')
  await refused(at.open({ identity: 'vault' }).getSecret('app-api'), 403, 'ForbiddenByRbac')
})

it('a refusal is answered for what does not exist too, and changes nothing', async () => {
  await using at = await stage()
  at.fake.permissions.grant('reader', ['get'])
  await refused(at.open({ identity: 'reader' }).setSecret('nobody', 'one'), 403, 'ForbiddenByRbac')
  expect(at.fake.service.find('nobody')).toBeUndefined()
})

it('the firewall keeps out with 403 ForbiddenByFirewall', async () => {
  await using at = await stage()
  at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.block(['stranger'])
  await refused(at.open({ identity: 'stranger' }).getSecret('app-db'), 403, 'ForbiddenByFirewall')
  await at.sdk.getSecret('app-db')
  at.fake.service.block()
  await refused(at.sdk.getSecret('app-db'), 403, 'ForbiddenByFirewall')
  at.fake.service.open()
  await at.sdk.getSecret('app-db')
})

// https://learn.microsoft.com/azure/reliability/reliability-key-vault lists what works; the refusal itself is assumed
it('in a vault that failed over reads and backups work, writes do not, until it fails back', async () => {
  await using at = await stage()
  const version = at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.putAsPerson('gone', 'one')
  at.fake.service.delete('gone')
  at.fake.service.readOnly()
  await at.sdk.getSecret('app-db')
  await all(at.sdk.listPropertiesOfSecrets())
  await all(at.sdk.listPropertiesOfSecretVersions('app-db'))
  const backup = await at.sdk.backupSecret('app-db')
  for (const call of [
    () => at.sdk.setSecret('app-db', 'two'),
    () => at.sdk.updateSecretProperties('app-db', version, { enabled: false }),
    () => at.sdk.beginDeleteSecret('app-db'),
    () => at.sdk.purgeDeletedSecret('gone'),
    () => at.sdk.beginRecoverDeletedSecret('gone'),
    () => at.sdk.restoreSecretBackup(backup!),
  ])
    await refused(call(), 403, 'VaultIsReadOnly')
  expect(at.fake.service.latestValue('app-db')).toBe('one')
  at.fake.service.readOnly(false)
  await at.sdk.setSecret('app-db', 'two')
})
