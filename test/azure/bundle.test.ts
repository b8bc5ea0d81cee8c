/**
 * The built bundle under the interface that the Functions host has, over the fakes of Key Vault and Blob storage and a real PostgreSQL 18.
 * Planted: the library bundled without its registration, a five-field schedule, authLevel left out, success after a failure: each
 * failed here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildFunctions } from '../../scripts/build-functions.ts'
import { doneWithout } from '../../scripts/drivers.ts'
import { startBlobStorage } from '../fakes/azure/blob-storage.ts'
import { eventGridEvent, startKeyVault } from '../fakes/azure/key-vault.ts'
import { type AzureHost, startAzureHost, startIdentity } from '../stand/azure-host.ts'
import { loadTimes } from '../stand/load-time.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'

const DAY = 86_400_000
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-azure-bundle-'))
const bundle = await buildFunctions('azure', path.join(folder, 'app'))
const server = requireServer(await startPostgres())
const vault = await startKeyVault()
const blobs = await startBlobStorage({ containers: ['lockstep'], tokens: vault.tokens })
const identity = await startIdentity(resource => vault.tokens.make('function', resource))
const caFile = path.join(folder, 'ca.pem')
writeFileSync(caFile, vault.ca)

const hosts: AzureHost[] = []
async function start(env: Record<string, string> = {}): Promise<AzureHost> {
  const host = await startAzureHost({ app: bundle.entry, caFile, env: { ...identity.env, ...env } })
  hosts.push(host)
  return host
}
afterAll(async () => {
  for (const host of hosts) await host.close()
  await Promise.all([vault.close(), blobs.close(), identity.close(), server?.stop()])
  rmSync(folder, { recursive: true })
})

const configure = (kind = 'azure') => {
  const store = {
    azure: `{ kind: azure, vault: 'https://my-kv.vault.azure.net:${vault.port}', journal: { url: '${blobs.endpoint}', container: lockstep } }`,
    aws: '{ kind: aws, region: eu-central-1 }',
  }[kind]
  const endpoint = `{ name: main, host: 127.0.0.1, port: ${server?.port ?? 1}, database: postgres }`
  const target = `{ kind: postgres, endpoints: [${endpoint}], tls: { mode: disable } }`
  const text = `version: 1
stores: { cloud: ${store} }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h }
secrets: { app: { id: app-db, strategy: single-user, target: ${target} } }
`
  writeFileSync(path.join(path.dirname(bundle.entry), 'lockstep.yml'), text)
}
configure()

const timer = { json: '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}' }
const linesOf = ({ logs }: { logs: readonly { message: string }[] }) =>
  logs.map(({ message }) => JSON.parse(message) as Record<string, unknown>)
const order = (body: object) => ({
  http: { method: 'POST', url: 'https://app.azurewebsites.net/api/rotate', body: { string: JSON.stringify(body) } },
})

describe('the bundle', () => {
  test('imports nothing that is not in it, but for what the host brings', () => {
    expect(bundle.absent.filter(name => !doneWithout.includes(name))).toEqual(['@azure/functions-core'])
    expect(bundle.bytes).toBeLessThan(5_000_000)
  })

  test('registers its functions, with their schedules and levels', async () => {
    const { registered } = await start({ AzureWebJobsStorage__accountName: 'journal' })
    const triggers = Object.fromEntries(
      registered.map(({ name, bindings }) => [
        name,
        Object.values(bindings).find(({ type }) => type.endsWith('Trigger')),
      ]),
    )
    expect(triggers).toEqual({
      sweep: expect.objectContaining({ type: 'timerTrigger', schedule: '0 */15 * * * *' }),
      rotate: expect.objectContaining({ type: 'httpTrigger', authLevel: 'function', methods: ['POST'] }),
      onNearExpiry: expect.objectContaining({ type: 'eventGridTrigger' }),
      worker: expect.objectContaining({
        type: 'queueTrigger',
        queueName: 'lockstep-work',
        connection: 'AzureWebJobsStorage',
      }),
    })
  })

  test('a sweep that failed is run again before its next tick', async () => {
    const { registered } = await start()
    const options = registered.map(({ name, retryOptions }) => [name, retryOptions])
    expect(Object.fromEntries(options)).toEqual({
      sweep: expect.objectContaining({ retryStrategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { seconds: 60 } }),
      rotate: undefined,
      onNearExpiry: undefined,
    })
  })

  test('has no worker where the app has no storage that is known, and the schedule that is set', async () => {
    const { registered } = await start({ LOCKSTEP_SWEEP_SCHEDULE: '0 0 3 * * *' })
    expect(registered.map(({ name }) => name).sort()).toEqual(['onNearExpiry', 'rotate', 'sweep'])
    expect(JSON.stringify(registered)).toContain('"0 0 3 * * *"')
  })

  test('a schedule of five fields ends the start, and says so', async () => {
    await expect(start({ LOCKSTEP_SWEEP_SCHEDULE: '0 3 * * *' })).rejects.toThrow(
      /LOCKSTEP_SWEEP_SCHEDULE must have six/,
    )
  })

  test('a store of another cloud is said at the start, by name, and to each invocation', async () => {
    configure('aws')
    const host = await start()
    const ended = await host.invoke('sweep', timer)
    configure()
    expect(ended.error?.message).toMatch(/^config-invalid \(request [0-9a-f-]+\)$/)
    await until(() => expect(host.output()).toContain('The store cloud is of kind aws'))
    expect(linesOf(ended).at(-1)).toMatchObject({ code: 'config-invalid', at: 'cloud' })
  })

  test('loads in at most 1.3 times the time of the SDKs alone, in the same run', async () => {
    const contents = `
      export { SecretClient } from '@azure/keyvault-secrets'
      export { BlobServiceClient } from '@azure/storage-blob'
      export { DefaultAzureCredential } from '@azure/identity'
      export { app } from '@azure/functions'`
    const { own, sdk } = await loadTimes(bundle.entry, contents, ['@azure/functions-core'])
    expect(own / sdk).toBeLessThanOrEqual(1.3)
  })
})

describe.skipIf(!server)('from the trigger to PostgreSQL', () => {
  let count = 0
  /** Returns what consumers read. */
  async function secret(days: number) {
    const user = `app_${++count}`
    await server!.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'first-${count}'`)
    const value = JSON.stringify({ username: user, password: `first-${count}` })
    vault.service.putAsPerson('app-db', value, { exp: Math.floor((Date.now() + days * DAY) / 1000) })
    return value
  }
  const current = () => JSON.parse(vault.service.latestValue('app-db')) as { username: string; password: string }
  async function logsIn({ username, password }: { username: string; password: string }): Promise<boolean> {
    const client = await server!.connect(username, password).catch(() => undefined)
    await client?.end()
    return client !== undefined
  }

  test('an event of Event Grid rotates; again, it does nothing; no value is in any log', async () => {
    const host = await start()
    const before = JSON.parse(await secret(20))
    const version = vault.service.peek('app-db').latest
    const resourceId = '/subscriptions/1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/my-kv'
    const event = eventGridEvent(
      { id: 'e-1', type: 'SecretNearExpiry', vault: 'my-kv', resourceId, name: 'app-db', version, time: Date.now() },
      'spaced',
    )
    const input = { json: JSON.stringify(event) }
    const ended = await host.invoke('onNearExpiry', input)
    expect(ended.error).toBeUndefined()
    expect(linesOf(ended).at(-1)).toMatchObject({ outcome: 'rotated' })
    expect([await logsIn(before), await logsIn(current())]).toEqual([false, true])
    const versions = vault.service.peek('app-db').versions.size
    const again = await host.invoke('onNearExpiry', input)
    expect([again.error, vault.service.peek('app-db').versions.size]).toEqual([undefined, versions])
    const written = JSON.stringify([ended, again]) + host.output()
    for (const { password } of [before, current()]) expect(written).not.toContain(password)
  })

  test('a failure is one for the platform, and its message holds a code only', async () => {
    const host = await start()
    await secret(60)
    vault.permissions.denyAction('function', 'getSecret/action')
    const ended = await host.invoke('rotate', order({ secret: 'app', force: true }))
    const worker = await host.invoke('sweep', timer)
    vault.permissions.reset()
    expect(ended.returnValue).toMatchObject({ http: { statusCode: '500' } })
    expect(JSON.parse(ended.body!)).toEqual({ code: 'access-denied', retry: 'no', requestId: expect.any(String) })
    expect(worker.error).toBeUndefined()
    expect(linesOf(worker)).toContainEqual(expect.objectContaining({ level: 'ERROR', code: 'access-denied' }))
  })
})
