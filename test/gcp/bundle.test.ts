/**
 * The built bundle under Google's functions-framework, over real HTTP, the fake of Secret Manager over gRPC and a real PostgreSQL 18.
 * Planted: the framework bundled (no function is found), the message of an error thrown (it is in the body), 204 after a failure of
 * the worker: each failed here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildFunctions } from '../../scripts/build-functions.ts'
import { doneWithout } from '../../scripts/drivers.ts'
import { startSecretManager } from '../fakes/gcp/secret-manager.ts'
import { type Framework, startFramework } from '../stand/functions-framework.ts'
import { loadTimes } from '../stand/load-time.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'
import { message, push, rotateEvent } from './events.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-gcp-bundle-'))
const bundle = await buildFunctions('gcp', path.join(folder, 'app'))
const server = requireServer(await startPostgres())
const fake = await startSecretManager()

const running: Framework[] = []
async function start(target: string): Promise<Framework> {
  const framework = await startFramework({ bundle: bundle.entry, target })
  running.push(framework)
  return framework
}
afterAll(async () => {
  for (const framework of running) await framework.close()
  await Promise.all([fake.close(), server?.stop()])
  rmSync(folder, { recursive: true })
})

const configure = (kind = 'gcp') => {
  const store = {
    gcp: `{ kind: gcp, project: ${fake.projectId}, readBy: latest, endpoint: '${fake.host}:${fake.port}' }`,
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

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const sent = { 'content-type': 'application/json', ...headers }
  const answer = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) })
  return { status: answer.status, text: await answer.text() }
}

/** As Eventarc sends an event: its attributes as headers, its data as the body. */
function deliver(url: string, { data, ...attributes }: ReturnType<typeof rotateEvent>) {
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])
  return post(url, data, Object.fromEntries(headers))
}

describe('the bundle', () => {
  test('imports nothing that is not in it, but for the framework', () => {
    const absent = bundle.absent.filter(name => !doneWithout.includes(name))
    expect(absent).toEqual(['@google-cloud/functions-framework'])
    expect(bundle.bytes).toBeLessThan(8_000_000)
  })

  test.each(['rotate', 'sweep', 'worker', 'onSecretEvent'])('the framework finds %s', async target => {
    const { output } = await start(target)
    const signature = target === 'onSecretEvent' ? 'cloudevent' : 'http'
    await until(() => expect(output()).toContain(`Signature type: ${signature}`))
  })

  test('a store of another cloud is said at the start, by name, and to each request', async () => {
    configure('aws')
    const sweep = await start('sweep')
    await until(() => expect(sweep.output()).toContain('The store cloud is of kind aws'))
    configure()
    const { status, text } = await post(sweep.url, {})
    expect([status, JSON.parse(text)]).toEqual([
      500,
      { code: 'config-invalid', retry: 'no', requestId: expect.any(String) },
    ])
  })

  test('loads in at most 1.3 times the time of the SDK alone, in the same run', async () => {
    const contents = "export { SecretManagerServiceClient } from '@google-cloud/secret-manager'"
    const { own, sdk } = await loadTimes(bundle.entry, contents, [])
    expect(own / sdk).toBeLessThanOrEqual(1.3)
  })
})

describe.skipIf(!server)('from the trigger to PostgreSQL', () => {
  const login = { username: 'app_login', password: 'first' }
  const current = () => {
    const { versions } = fake.service.peek('app-db')
    return JSON.parse(versions.get(Math.max(...versions.keys()))!.value!) as typeof login
  }
  async function logsIn({ username, password }: typeof login): Promise<boolean> {
    const client = await server!.connect(username, password).catch(() => undefined)
    await client?.end()
    return client !== undefined
  }
  const prepared = (async () => {
    await server?.sql(`CREATE ROLE ${login.username} LOGIN PASSWORD '${login.password}'`)
    fake.service.createSecret({
      id: 'app-db',
      value: JSON.stringify(login),
      topics: ['projects/test-project/topics/t'],
    })
  })()

  test('a notification rotates; again, and as an echo, it does nothing; no value is in any log', async () => {
    await prepared
    const function_ = await start('onSecretEvent')
    const timestamp = new Date().toISOString()
    const event = rotateEvent({ secretId: `projects/${fake.projectNumber}/secrets/app-db`, timestamp })
    expect(await deliver(function_.url, event)).toEqual({ status: 204, text: '' })
    const after = current()
    expect([await logsIn(login), await logsIn(after)]).toEqual([false, true])
    const { versions } = fake.service.peek('app-db')
    expect((await deliver(function_.url, event)).status).toBe(204)
    for (const { message: echo } of fake.service.events)
      await deliver(function_.url, { ...event, data: push(echo) as never })
    expect(fake.service.peek('app-db').versions.size).toBe(versions.size)
    expect(function_.lines()).toContainEqual(
      expect.objectContaining({ event_type: 'secret_rotated', secret_id: 'app' }),
    )
    for (const { password } of [{ password: JSON.stringify(login.password) }, after])
      expect(function_.output()).not.toContain(password)
  })

  test('the body of an older push, with and without data, does not break the process', async () => {
    await prepared
    const function_ = await start('onSecretEvent')
    const { data: _, ...bare } = message({ eventType: 'TOPIC_CONFIGURED' })
    const versions = fake.service.peek('app-db').versions.size
    expect((await post(function_.url, push(bare))).status).toBe(204)
    expect((await post(function_.url, push(message({ eventType: 'SECRET_UPDATE' })))).status).toBe(204)
    expect((await post(function_.url, { odd: true })).status).toBe(204)
    expect(fake.service.peek('app-db').versions.size).toBe(versions)
  })

  test('a failure is one for the platform, and its body holds a code only', async () => {
    await prepared
    const [event, worker, rotate] = [await start('onSecretEvent'), await start('worker'), await start('rotate')]
    fake.permissions.denyAction('test', 'secretmanager.secrets.get')
    const timestamp = new Date(Date.now() + 60_000).toISOString()
    const failed = await deliver(
      event.url,
      rotateEvent({ secretId: 'projects/test-project/secrets/app-db', timestamp }),
    )
    const item = JSON.stringify({ secret: 'app', do: 'rotate', asked: timestamp })
    const unworked = await post(worker.url, push({ data: Buffer.from(item).toString('base64'), messageId: '1' }))
    const unrotated = await post(rotate.url, { secret: 'app' })
    fake.permissions.reset()
    expect(failed.text).toMatch(/^access-denied \(request [0-9a-f-]{36}\)$/)
    expect([failed.status, unworked.status, unrotated.status]).toEqual([500, 500, 500])
    const coded = { code: 'access-denied', retry: 'no', requestId: expect.any(String) }
    expect([unworked.text, unrotated.text].map(text => JSON.parse(text))).toEqual([coded, coded])
    const again = await post(worker.url, push({ data: Buffer.from(item).toString('base64'), messageId: '1' }))
    expect(again).toEqual({ status: 204, text: '' })
  })
})
