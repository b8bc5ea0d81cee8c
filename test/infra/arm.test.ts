/** The templates for Azure, by our own rules of their structure: see arm-rules.ts for what those cannot see. Mutated, each is caught. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { CONNECTION } from '../../azure/queue.ts'
import { mistakesOf, parametersMistaken } from './arm-rules.ts'
import { root, serviceFolder } from './service.ts'

// biome-ignore lint/suspicious/noExplicitAny: mutated at any depth
type Mutable = any
const names = ['state', 'app', 'events', 'alarms', 'dashboard'] as const
type Name = (typeof names)[number]
const textOf = (name: Name) => readFileSync(join(root, 'infra/azure', `${name}.json`), 'utf8')
const load = (name: Name): Mutable => JSON.parse(textOf(name))
const before = (name: Name) => names.slice(0, names.indexOf(name)).map(load)

describe('as they are', () => {
  test.each(names)('%s: what is named is there, and as a review wants it', name => {
    expect(mistakesOf(load(name), before(name))).toEqual([])
  })

  test('the storage has the same name in all of them', () => {
    expect(new Set(names.slice(0, 3).map(name => load(name).variables.storageName)).size).toBe(1)
    expect(load('state').variables.containers).toEqual(
      expect.arrayContaining(['lockstep', 'dead-letters', 'app-package']),
    )
  })

  test('the app is told of the account whose queue the functions look for', () => {
    const settings = JSON.stringify(load('app').resources)
    expect(settings).toContain(`"${CONNECTION}__accountName"`)
  })
})

describe('mutated', () => {
  const of = (template: Mutable, type: string) => template.resources.find((each: Mutable) => each.type.endsWith(type))
  const cases: readonly [string, Name, (template: Mutable) => void, string][] = [
    ['a parameter that is not declared', 'app', t => delete t.parameters.nodeVersion, 'nodeVersion is not among'],
    ['a variable that is not used', 'app', t => (t.variables.more = 'x'), 'more of the variables is not used'],
    [
      'an expression without an end',
      'events',
      t => (t.variables.siteId = "[resourceId('Microsoft.Web/sites', parameters('appName')]"),
      'has no end',
    ],
    [
      'a function that there is not',
      'state',
      t => (t.variables.storageName = "[takes(parameters('stage'), 2)]"),
      'takes() is no function',
    ],
    [
      'a resource that nothing makes',
      'events',
      t => (t.variables.siteId = "[resourceId('Microsoft.Web/site', parameters('appName'))]"),
      'nothing makes a Microsoft.Web/site',
    ],
    [
      'a role that there is not',
      'app',
      t => (t.variables.blobOwner = t.variables.blobOwner.replace('b7e6', 'b7e7')),
      'is no role',
    ],
    ['no version', 'app', t => delete of(t, '/sites').apiVersion, 'no version'],
    ['a wide grant', 'app', t => delete of(t, '/roleAssignments').scope, 'for the whole group'],
    [
      'every secret of the vault',
      'app',
      t => delete t.resources.find((each: Mutable) => each.condition !== undefined).condition,
      'is for every secret',
    ],
    ['keys', 'state', t => (of(t, '/storageAccounts').properties.allowSharedKeyAccess = true), 'open to keys'],
    ['no identity', 'app', t => delete of(t, '/sites').identity, 'has no identity'],
    [
      'no network',
      'app',
      t => delete of(t, '/sites').properties.virtualNetworkSubnetId,
      'cannot be brought into a network',
    ],
    [
      'a key in a setting',
      'app',
      t => (of(t, '/sites').properties.siteConfig.appSettings[0].value = 'AccountKey=x'),
      'is given a key',
    ],
    [
      'no dead letters',
      'events',
      t => delete of(t, '/eventSubscriptions').properties.deadLetterWithResourceIdentity,
      'loses what',
    ],
    [
      'one try',
      'events',
      t => (of(t, '/eventSubscriptions').properties.retryPolicy.maxDeliveryAttempts = 1),
      'is tried once',
    ],
    ['an alert that tells nobody', 'alarms', t => delete of(t, '/metricAlerts').properties.copy, 'tells nobody'],
    ['a section that there is not', 'app', t => (t.resource = []), 'a section'],
  ]
  test.each(cases)('%s', (_, name, change, says) => {
    const template = load(name)
    change(template)
    expect(mistakesOf(template, before(name)).join('\n')).toContain(says)
  })
})

describe('what is packaged', () => {
  const service = serviceFolder()
  const written = (file: string): Mutable => JSON.parse(readFileSync(join(service.path, 'dist/azure', file), 'utf8'))
  beforeAll(async () => {
    const env = { CLOUD: 'azure', AZURE_RESOURCE_GROUP: 'rotation', AZURE_KEY_VAULT: 'Orders-KV' }
    const { code, stderr } = await service.serverless(['package', '--stage', 'prod'], env)
    expect(code, stderr).toBe(0)
  }, 300_000)

  test.each(names)('%s is the template, with each of its parameters and no other', name => {
    expect(written(`${name}.json`)).toEqual(load(name))
    expect(parametersMistaken(load(name), written(`${name}.parameters.json`))).toEqual([])
  })

  test('the values are those of the stage', () => {
    expect(written('app.parameters.json').parameters).toMatchObject({
      appName: { value: 'lockstep-prod-orders-kv' },
      keyVaultName: { value: 'Orders-KV' },
      logRetentionDays: { value: 90 },
      nodeVersion: { value: '24' },
      queueName: { value: 'lockstep-work' },
    })
  })

  test('a parameter that there is not, and one that is missing, are found', () => {
    const given = written('app.parameters.json')
    delete given.parameters.appName
    given.parameters.apName = { value: 'x' }
    expect(parametersMistaken(load('app'), given)).toEqual(['apName is no parameter', 'appName is not given'])
  })
})
