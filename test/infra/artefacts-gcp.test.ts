/**
 * The zip of Google Cloud as it is shipped, unpacked outside the project with what its package.json asks for and no other package,
 * under Google's functions-framework. Secret Manager is our fake, Pub/Sub is Google's own server for tests, PostgreSQL is real.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { PubSub, v1 } from '@google-cloud/pubsub'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { startSecretManager } from '../fakes/gcp/secret-manager.ts'
import { message, push, rotateEvent } from '../gcp/events.ts'
import { type Framework, startFramework } from '../stand/functions-framework.ts'
import { startPostgres } from '../stand/postgres.ts'
import { startPstest } from '../stand/pstest.ts'
import { requireServer } from '../stand/stand.ts'
import { unpacked } from './artefacts.ts'

const DAY = 86_400_000
const server = requireServer(await startPostgres())
const pstest = requireServer(await startPstest())
/** Of the fake: a secret can be as old as it needs to be. */
let daysAgo = 0
const fake = await startSecretManager({ now: () => Date.now() - daysAgo * DAY })
const folder = await unpacked('gcp/function')
/** The secret of a test, as lockstep.yml in place of the zip's names it. */
let id = ''
const configure = () =>
  writeFileSync(
    path.join(folder, 'lockstep.yml'),
    `version: 1
stores: { cloud: { kind: gcp, project: ${fake.projectId}, readBy: latest, endpoint: '${fake.host}:${fake.port}' } }
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
const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
  readonly main: string
  readonly dependencies: Readonly<Record<string, string>>
}

let running: Framework[] = []
async function start(target: string, env: Record<string, string> = {}): Promise<Framework> {
  const framework = await startFramework({
    bundle: path.join(folder, manifest.main),
    installed: Object.keys(manifest.dependencies),
    target,
    env: { LOCKSTEP_ENVIRONMENT: 'prod', ...env },
  })
  running.push(framework)
  return framework
}
afterEach(async () => {
  for (const framework of running) await framework.close()
  running = []
})
afterAll(async () => {
  await Promise.all([fake.close(), server?.stop(), pstest?.stop()])
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

interface Login {
  readonly username: string
  readonly password: string
}
const versions = () => fake.service.peek(id).versions
const current = (): Login => JSON.parse(versions().get(Math.max(...versions().keys()))!.value!)
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
  const topics = ['projects/test-project/topics/secret-events']
  fake.service.createSecret({ id, value: JSON.stringify(login), topics })
  daysAgo = 0
  return login
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const sent = { 'content-type': 'application/json', ...headers }
  const answer = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) })
  return { status: answer.status, text: await answer.text() }
}

const scheduled = {
  'x-cloudscheduler': 'true',
  'x-cloudscheduler-jobname': 'lockstep-sweep',
  'x-cloudscheduler-scheduletime': '2026-11-20T03:00:00Z',
}

test('no package of the project can be found from there', () => {
  expect(() => createRequire(path.join(folder, manifest.main)).resolve('pg')).toThrow("Cannot find module 'pg'")
})

test('what Google installs for it is the framework', () => {
  expect([manifest.main, Object.keys(manifest.dependencies)]).toEqual([
    'index.mjs',
    ['@google-cloud/functions-framework'],
  ])
})

describe.skipIf(!server)('function.zip', () => {
  test('a CloudEvent of the topic rotates, and no value is in any log; its echo, and a second delivery, do nothing', async () => {
    const before = await due()
    const { url, lines, output } = await start('onSecretEvent')
    const timestamp = new Date().toISOString()
    const secretId = `projects/${fake.projectNumber}/secrets/${id}`
    const { data, ...attributes } = rotateEvent({ secretId, timestamp })
    const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
    expect(await post(url, data, headers)).toEqual({ status: 204, text: '' })
    expect([await logsIn(before), await logsIn(current())]).toEqual([false, true])
    const { size } = versions()
    expect((await post(url, data, headers)).status).toBe(204)
    const echo = push(message({ secretId, timestamp, eventType: 'SECRET_VERSION_ADD' }))
    expect((await post(url, echo, headers)).status).toBe(204)
    expect(versions().size).toBe(size)
    expect(lines()).toContainEqual(expect.objectContaining({ event_type: 'secret_rotated', secret_id: 'app' }))
    for (const { password } of [before, current()]) expect(output()).not.toContain(password)
  }, 120_000)

  test.skipIf(!pstest)(
    'schedule, sweep, topic, worker in a fresh process, rotation, audit record, metric; again, it does nothing',
    async () => {
      const before = await due()
      vi.stubEnv('PUBSUB_EMULATOR_HOST', pstest!.address)
      vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
      const pubsub = new PubSub({ projectId: 'test-project' })
      const [topic] = await pubsub.createTopic('lockstep-work')
      await topic.createSubscription('workers')

      const env = { LOCKSTEP_QUEUE: topic.name, PUBSUB_EMULATOR_HOST: pstest!.address }
      const sweep = await start('sweep', env)
      fake.faults.every('GetSecret', 'reset')
      const swept = await post(sweep.url, {}, scheduled)
      fake.faults.clear()
      expect([swept.status, JSON.parse(swept.text)]).toMatchObject([
        200,
        { secrets: 1, handedOver: expect.any(Number), left: 0 },
      ])
      expect(current()).toEqual(before)

      const pushed = await pulled(pubsub)
      expect(pushed.length).toBe(JSON.parse(swept.text).handedOver)
      const worker = await start('worker', env)
      for (const each of pushed) expect(await post(worker.url, push(each))).toEqual({ status: 204, text: '' })
      const rotated = current()
      expect([await logsIn(before), await logsIn(rotated)]).toEqual([false, true])
      expect(worker.lines()).toContainEqual(
        expect.objectContaining({ event_type: 'secret_rotated', secret_id: 'app', result: 'success' }),
      )
      expect(worker.lines()).toContainEqual(
        expect.objectContaining({
          ...{ Namespace: 'SecretsRotation', SecretName: 'app', Environment: 'prod', RotationSuccess: 1 },
        }),
      )

      const { size } = versions()
      const again = await start('worker', env)
      for (const each of pushed) expect((await post(again.url, push(each))).status).toBe(204)
      expect((await post(sweep.url, {}, scheduled)).status).toBe(200)
      expect([versions().size, current()]).toEqual([size, rotated])
      for (const { output } of [sweep, worker, again])
        for (const { password } of [before, rotated]) expect(output()).not.toContain(password)
      await pubsub.close()
    },
    240_000,
  )
})

/** All that the subscription holds, as Pub/Sub pushes it. */
async function pulled(pubsub: PubSub): Promise<{ readonly data: string; readonly messageId: string }[]> {
  const { grpc: _, ...options } = await pubsub.getClientConfig()
  const client = new v1.SubscriberClient(options as never)
  const subscription = client.subscriptionPath('test-project', 'workers')
  const [{ receivedMessages }] = await client.pull({ subscription, maxMessages: 100 })
  await client.close()
  return (receivedMessages ?? []).map(({ message: got }) => ({
    data: Buffer.from(got!.data as Uint8Array).toString('base64'),
    messageId: got!.messageId!,
  }))
}
