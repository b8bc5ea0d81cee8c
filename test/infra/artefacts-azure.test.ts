/**
 * The zip of Azure as it is shipped, unpacked outside the project, under the interface that the host of the Functions library has. Key
 * Vault and Blob storage are our fakes, the queue is Azurite's, PostgreSQL is real.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { QueueServiceClient } from '@azure/storage-queue'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startBlobStorage } from '../fakes/azure/blob-storage.ts'
import { eventGridEvent, startKeyVault } from '../fakes/azure/key-vault.ts'
import { type AzureHost, type Ended, startAzureHost, startIdentity } from '../stand/azure-host.ts'
import { startAzurite } from '../stand/azurite.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { unpacked } from './artefacts.ts'

const DAY = 86_400_000
const server = requireServer(await startPostgres())
const azurite = requireServer(await startAzurite())
/** Of the vault: a secret can be as old as it needs to be. */
let daysAgo = 0
const vault = await startKeyVault({ now: () => Date.now() - daysAgo * DAY })
const blobs = await startBlobStorage({ containers: ['lockstep'], tokens: vault.tokens })
const identity = await startIdentity(resource => vault.tokens.make('function', resource))
const folder = await unpacked('azure/function')
/** The secret of a test, as lockstep.yml in place of the zip's names it. */
let id = ''
const configure = () =>
  writeFileSync(
    path.join(folder, 'lockstep.yml'),
    `version: 1
stores: { cloud: { kind: azure, vault: 'https://my-kv.vault.azure.net:${vault.port}', journal: { url: '${blobs.endpoint}', container: lockstep } } }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h }
secrets:
  app:
    id: ${id}
    strategy: single-user
    target: { kind: postgres, endpoints: [{ name: main, host: 127.0.0.1, port: ${server?.port}, database: postgres }], tls: { mode: disable } }
environments: { prod: {} }
`,
  )
const caFile = path.join(folder, '..', `${path.basename(folder)}.pem`)
writeFileSync(caFile, vault.ca)
const { main } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { readonly main: string }

let hosts: AzureHost[] = []
async function start(env: Record<string, string> = {}): Promise<AzureHost> {
  const settings = { ...identity.env, LOCKSTEP_ENVIRONMENT: 'prod', AzureWebJobsScriptRoot: folder, ...env }
  const host = await startAzureHost({ app: path.join(folder, main), caFile, env: settings })
  hosts.push(host)
  return host
}
afterEach(async () => {
  for (const host of hosts) await host.close()
  hosts = []
})
afterAll(async () => {
  await Promise.all([vault.close(), blobs.close(), identity.close(), server?.stop(), azurite?.stop()])
  rmSync(folder, { recursive: true })
  rmSync(caFile)
})

interface Login {
  readonly username: string
  readonly password: string
}
const current = (): Login => JSON.parse(vault.service.latestValue(id))
const size = () => vault.service.peek(id).versions.size
async function logsIn({ username, password }: Login): Promise<boolean> {
  const client = await server!.connect(username, password).catch(() => undefined)
  await client?.end()
  return client !== undefined
}

/** A secret that is due, and no other one. */
let count = 0
async function due(): Promise<Login> {
  id = `app-db-${++count}`
  configure()
  const login = { username: `shipped${count}`, password: `first-${count}` }
  await server!.sql(`CREATE ROLE ${login.username} LOGIN PASSWORD '${login.password}'`)
  daysAgo = 40
  vault.service.putAsPerson(id, JSON.stringify(login), { exp: Math.floor((Date.now() + 20 * DAY) / 1000) })
  daysAgo = 0
  return login
}

const timer = { json: '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}' }
const linesOf = ({ logs }: Ended) => logs.map(({ message }) => JSON.parse(message) as Record<string, unknown>)

test('no package of the project can be found from there', () => {
  expect(() => createRequire(path.join(folder, main)).resolve('pg')).toThrow("Cannot find module 'pg'")
})

describe.skipIf(!server)('function.zip', () => {
  test('an event of Event Grid rotates, and no value is in any log; again, it does nothing', async () => {
    const before = await due()
    const host = await start()
    const event = eventGridEvent(
      {
        ...{ id: 'e-1', type: 'SecretNearExpiry', vault: 'my-kv', name: id, time: Date.now() },
        resourceId: '/subscriptions/1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/my-kv',
        version: vault.service.peek(id).latest,
      },
      'spaced',
    )
    const input = { json: JSON.stringify(event) }
    const ended = await host.invoke('onNearExpiry', input)
    expect([ended.error, linesOf(ended).at(-1)]).toMatchObject([undefined, { outcome: 'rotated' }])
    expect([await logsIn(before), await logsIn(current())]).toEqual([false, true])
    const versions = size()
    const again = await host.invoke('onNearExpiry', input)
    expect([again.error, size()]).toEqual([undefined, versions])
    const written = JSON.stringify([ended, again]) + host.output()
    for (const { password } of [before, current()]) expect(written).not.toContain(password)
  }, 120_000)

  test.skipIf(!azurite)(
    'timer, sweep, queue, worker in a fresh process, rotation, audit record, metric; again, it does nothing',
    async () => {
      const before = await due()
      const env = { AzureWebJobsStorage: azurite!.connectionString }
      const sweeper = await start(env)
      const unwell = vault.faults.every('GetSecret', 'reset')
      const swept = await sweeper.invoke('sweep', timer)
      unwell()
      expect(swept.error).toBeUndefined()
      expect(linesOf(swept)).toContainEqual(
        expect.objectContaining({ secrets: 1, left: 0, handedOver: expect.any(Number) }),
      )
      expect(current()).toEqual(before)

      const queue = QueueServiceClient.fromConnectionString(azurite!.connectionString).getQueueClient('lockstep-work')
      const { receivedMessageItems: messages } = await queue.receiveMessages({ numberOfMessages: 32 })
      expect(messages.length).toBeGreaterThan(0)
      // the host decodes what is in base64, and hands over text
      const inputs = messages.map(({ messageText }) => ({ string: Buffer.from(messageText, 'base64').toString() }))
      const worker = await start(env)
      const worked = []
      for (const input of inputs) worked.push(await worker.invoke('worker', input))
      expect(worked.map(({ error }) => error)).toEqual(inputs.map(() => undefined))
      const rotated = current()
      expect([await logsIn(before), await logsIn(rotated)]).toEqual([false, true])
      const lines = worked.flatMap(linesOf)
      expect(lines).toContainEqual(
        expect.objectContaining({ event_type: 'secret_rotated', secret_id: 'app', result: 'success' }),
      )
      expect(lines).toContainEqual(
        expect.objectContaining({
          ...{ Namespace: 'SecretsRotation', SecretName: 'app', Environment: 'prod', RotationSuccess: 1 },
        }),
      )

      const versions = size()
      const late = await start(env)
      const again = []
      for (const input of inputs) again.push(await late.invoke('worker', input))
      again.push(await late.invoke('sweep', timer))
      expect(again.map(({ error }) => error)).toEqual(again.map(() => undefined))
      expect([size(), current()]).toEqual([versions, rotated])
      const written = JSON.stringify([swept, worked, again]) + hosts.map(host => host.output()).join('')
      for (const { password } of [before, rotated]) expect(written).not.toContain(password)
    },
    240_000,
  )
})
