/**
 * What the functions on Azure are granted is what they use: the drill runs on nothing else, over the fakes of Key Vault and Blob storage
 * [fake], and misses each single one that is taken away.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { azureGrants, azureNeeds, azureNotes, table } from '../../infra/permissions/azure.ts'
import { parametersMistaken } from './arm-rules.ts'
import { configs } from './configs.ts'
import { AzureDrill, config, type Single, singlesOf } from './permissions-azure-place.ts'
import { configOf, secretText } from './permissions-drill.ts'
import { serviceFolder } from './service.ts'

const slow = 120_000
const needs = azureNeeds(config)
const singles = singlesOf(needs)
const nameOf = ({ action, scope }: Single) => `${action} on ${scope}`

/** What no fake drives, and why. */
const notDriven: Readonly<Record<string, string>> = {
  'Microsoft.Resources/tags/read':
    'over a stub of Azure Resource Manager, which knows no grants: test/azure/hooks.test.ts',
  'Microsoft.Resources/tags/write': 'the same',
  'Microsoft.Web/sites/restart/action': 'the same',
  'Microsoft.Web/sites/config/read': 'the same',
  'Microsoft.Web/sites/config/write': 'the same',
  'Microsoft.Web/sites/slots/restart/action': 'the same',
  'Microsoft.Web/sites/slots/config/read': 'the same',
  'Microsoft.Web/sites/slots/config/write': 'the same',
  'Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action':
    'over a stub of the queue, which knows no grants: test/azure/queue.test.ts',
  'Microsoft.Storage/storageAccounts/queueServices/queues/write': 'the same',
}

let whole: AzureDrill
beforeAll(async () => {
  whole = await new AzureDrill(singles).live()
}, slow)

describe('what is granted', () => {
  test('is enough for all that the functions do', () => {
    expect(whole.refused).toEqual([])
    expect(whole.lines.filter(line => /access-denied|secret-not-found|error:/.test(line))).toEqual([])
  })

  test('and not for a secret that nobody declared', async () => {
    const client = whole.vault.inProcessClient({ retryOptions: { maxRetries: 0 } })
    for (const name of ['nobodys', 'plain-db-other'])
      await expect(client.getSecret(name)).rejects.toMatchObject({ statusCode: 403 })
    await expect(client.setSecret('admin-db', 'x')).rejects.toMatchObject({ statusCode: 403 })
    await expect(client.beginDeleteSecret('plain-db')).rejects.toMatchObject({ statusCode: 403 })
  })

  test.each(singles.map(single => [nameOf(single), single] as const))(
    'is missed: %s',
    async (_, single) => {
      const drill = await new AzureDrill(singles.filter(other => other !== single)).live()
      expect(drill.refused.length).toBeGreaterThan(0)
      expect(drill.lines).not.toEqual(whole.lines)
    },
    slow,
  )

  test('each line of the table is driven, or says why not', () => {
    const driven = new Set(singles.map(({ action }) => action))
    const missing = table.map(({ action }) => action).filter(action => !driven.has(action) && !notDriven[action])
    expect(missing).toEqual([])
    const listed = new Set(table.map(({ action }) => action))
    expect(Object.keys(notDriven).filter(action => driven.has(action) || !listed.has(action))).toEqual([])
  })
})

describe('by the configuration', () => {
  const place = { keyVault: 'My-KV', resourceGroup: 'rotation', stage: 'prod' }
  const account = 'https://lsprodabcdefghijklm.blob.core.windows.net'
  const storeOf = (vault: string, url = account) =>
    `{ kind: azure, vault: 'https://${vault}.vault.azure.net', journal: { url: '${url}', container: lockstep } }`
  const of = (secrets: string, stores = `{ own: ${storeOf('my-kv')} }`) => {
    const made = configOf(stores, `{ blob: { url: '${account}', container: lockstep } }`, secrets)
    return { made, found: azureNeeds(made) }
  }
  const admin = '{ id: admin-db, store: own }'
  const many = (count: number) => Array.from({ length: count }, (_, n) => secretText(`s${n}`, 'own', admin)).join('')

  test('ten secrets are looked at one by one; of eleven the vault is listed', () => {
    const lists = (count: number) =>
      azureGrants(of(many(count)).found, place).grants.filter(({ role }) => role === 'lists')
    expect(lists(10)).toEqual([])
    expect(lists(11)).toEqual([{ role: 'lists', scope: 'Microsoft.KeyVault/vaults/my-kv' }])
  })

  test('roles have what is called, data and management apart; the whole vault is granted to nobody', () => {
    const { roles, grants, wholeVault } = azureGrants(of(many(1)).found, place)
    const of_ = (name: string) => roles.find(role => role.name === name)
    expect(of_('reads')).toEqual({
      name: 'reads',
      actions: [],
      dataActions: ['Microsoft.KeyVault/vaults/secrets/getSecret/action'],
    })
    expect(of_('rotates')!.dataActions.map(action => action.split('/')[3])).toEqual([
      'getSecret',
      'setSecret',
      'update',
      'readMetadata',
    ])
    expect(grants.map(({ role, scope }) => `${role} ${scope.split('/').at(-1)}`)).toEqual([
      'rotates s0-db',
      'rotates s0-db-lockstep-pending',
      'reads admin-db',
    ])
    expect(wholeVault).toBe(false)
  })

  test('another vault and another account are said, and nothing is granted there', () => {
    const stores = `{ own: ${storeOf('my-kv')}, far: ${storeOf('far-kv', 'https://acct.blob.core.windows.net')} }`
    const { made, found } = of(secretText('app', 'far', admin), stores)
    expect(azureGrants(found, place).grants).toEqual([
      { role: 'reads', scope: 'Microsoft.KeyVault/vaults/my-kv/secrets/admin-db' },
    ])
    expect(azureNotes(made, found, place)).toEqual([
      expect.stringMatching(/^The vault far-kv is not My-KV/),
      expect.stringMatching(/^The storage account acct .* on its container lockstep/),
    ])
    const here = of(many(1))
    expect(azureNotes(here.made, here.found, place)).toEqual([])
  })

  test('hooks are granted in the resource group; elsewhere they are said', () => {
    const hook = (group: string, more = '') =>
      `, consumers: [{ name: a, kind: other, refresh: 1m, hook: { kind: app-service, subscription: 11111111-2222-3333-4444-555555555555, resourceGroup: ${group}, app: orders${more} } }]`
    const here = of(secretText('app', 'own', admin, hook('Rotation', ', slot: blue, references: true')))
    expect(azureGrants(here.found, place).grants.filter(({ scope }) => scope.includes('Web'))).toEqual([
      { role: 'restarts_slot', scope: 'Microsoft.Web/sites/orders/slots/blue' },
      { role: 'refreshes_slot', scope: 'Microsoft.Web/sites/orders/slots/blue' },
    ])
    const there = of(secretText('app', 'own', admin, hook('elsewhere')))
    expect(azureGrants(there.found, place).grants.filter(({ scope }) => scope.includes('Web'))).toEqual([])
    expect(azureNotes(there.made, there.found, place)).toEqual([expect.stringContaining('The app orders in elsewhere')])
  })
})

describe('packaged', () => {
  const service = serviceFolder()
  const read = (file: string) => JSON.parse(readFileSync(join(service.path, 'dist/azure', file), 'utf8'))
  const packaged = async (env: Readonly<Record<string, string>>) => {
    const { code, stdout, stderr } = await service.serverless(['package'], { CLOUD: 'azure', ...env })
    expect(code, stdout + stderr).toBe(0)
    expect(parametersMistaken(read('app.json'), read('app.parameters.json'))).toEqual(
      env.AZURE_KEY_VAULT ? [] : ['appName is not given', 'keyVaultName is not given'],
    )
    return { parameters: read('app.parameters.json').parameters, said: stdout + stderr }
  }

  test('without a configuration or a vault all stays; with both, the app is granted what it needs', async () => {
    expect((await packaged({ AZURE_KEY_VAULT: 'my-kv' })).parameters).not.toHaveProperty('grants')
    writeFileSync(join(service.path, 'azure/lockstep.yml'), configs.azure)
    expect((await packaged({})).parameters).not.toHaveProperty('wholeVault')
    const { parameters, said } = await packaged({ AZURE_KEY_VAULT: 'my-kv', AZURE_RESOURCE_GROUP: 'rotation' })
    expect(parameters.wholeVault).toEqual({ value: false })
    expect(parameters.grants.value).toEqual([
      { role: 'rotates', scope: 'Microsoft.KeyVault/vaults/my-kv/secrets/orders-db' },
      { role: 'rotates', scope: 'Microsoft.KeyVault/vaults/my-kv/secrets/orders-db-lockstep-pending' },
    ])
    expect(said).toContain('The storage account acct is none that this deployment makes')
  }, 240_000)
})
