/**
 * The zips of AWS as they are shipped, unpacked outside the project and run by AWS's own runtime client: every step of a rotation with
 * the process killed before each, and the way from the schedule by the queue to a login. The fake of Secrets Manager is ours, the
 * queue is moto's, PostgreSQL is real.
 */
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, describe, expect, test } from 'vitest'
import { contents, createAdminSecret, createLogin, databaseValue } from '../aws/bundle-run.ts'
import { checkEmf } from '../aws/emf.ts'
import { type Lambda, startLambda } from '../fakes/aws/lambda.ts'
import { driveRotation } from '../fakes/aws/rotation-driver.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { startMoto } from '../stand/moto.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { accepts } from '../torture/aws/consumer.ts'
import { artefacts, unpacked, type Zip } from './artefacts.ts'

const DAY = 86_400_000
const server = requireServer(await startPostgres())
const moto = requireServer(await startMoto())
/** Of the fake: a secret can be as old as it needs to be. */
let daysAgo = 0
const fake = await startSecretsManager({ now: () => Date.now() - daysAgo * DAY })
// before any test's time runs
await artefacts()
const folders: string[] = []
const running: Lambda[] = []
afterAll(async () => {
  for (const lambda of running) await lambda.close()
  await Promise.all([fake.close(), moto?.stop(), server?.stop()])
  for (const folder of folders) rmSync(folder, { recursive: true })
})

async function start(zip: Zip, env: Record<string, string> = {}, config?: string): Promise<Lambda | undefined> {
  const folder = await unpacked(zip, config)
  folders.push(folder)
  const lambda = requireServer(
    await startLambda({
      bundle: path.join(folder, `${path.basename(zip)}.mjs`),
      env: { SECRETS_MANAGER_ENDPOINT: fake.endpoint, ...env },
      timeoutMs: 60_000,
      memory: 256,
    }),
  )
  if (lambda) running.push(lambda)
  return lambda
}

const current = (name: string): string => {
  const { holder, value } = contents(fake, name)
  return value(holder('AWSCURRENT'))!
}
const consumersLogIn = (name: string) => accepts(server!, current(name))

let count = 0
async function secret(strategy: 'single-user' | 'alternating-users') {
  const name = `shipped-${++count}`
  const login = await createLogin(server!, { username: `shipped${count}`, password: `first-${count}` })
  const where = strategy === 'alternating-users' ? { masterarn: createAdmin() } : {}
  const value = databaseValue(server!, login, where)
  fake.service.createSecret({ name, value, rotation: {} })
  return { name, value }
}
let admin: string | undefined
const createAdmin = () => (admin ??= createAdminSecret(fake, server!))

test('no package of the project can be found from there', async () => {
  const folder = await unpacked('aws/rotate')
  folders.push(folder)
  expect(() => createRequire(path.join(folder, 'rotate.mjs')).resolve('pg')).toThrow("Cannot find module 'pg'")
})

describe.skipIf(!server)('rotate.zip', () => {
  test.each(['single-user', 'alternating-users'] as const)(
    '%s: four steps; consumers can log in before each, and after the last',
    async strategy => {
      const rotate = await start('aws/rotate')
      if (!rotate) return
      const { name, value } = await secret(strategy)
      const before: boolean[] = []
      const { outcome, token, calls } = await driveRotation(fake, name, event => rotate.invoke(event), {
        attempts: 1,
        betweenSteps: async () => void before.push(await consumersLogIn(name)),
      })
      expect([outcome, calls.length, before]).toEqual(['succeeded', 4, [true, true, true]])
      expect(contents(fake, name).holder('AWSCURRENT')).toBe(token)
      expect(current(name)).not.toBe(value)
      expect([await consumersLogIn(name), await accepts(server!, value)]).toEqual([
        true,
        strategy === 'alternating-users',
      ])
      expect(rotate.starts).toHaveLength(1)
      for (const text of [value, current(name)])
        expect(rotate.stdout() + rotate.stderr()).not.toContain(JSON.parse(text).password)
    },
    180_000,
  )

  test.each(['single-user', 'alternating-users'] as const)(
    '%s: the process is killed before every step, and started afresh',
    async strategy => {
      const rotate = await start('aws/rotate')
      if (!rotate) return
      const { name, value } = await secret(strategy)
      const before: boolean[] = []
      const { outcome, token } = await driveRotation(fake, name, event => rotate.invoke(event), {
        attempts: 1,
        betweenSteps: async () => {
          await rotate.kill()
          before.push(await consumersLogIn(name))
        },
      })
      expect([outcome, before, rotate.starts.length]).toEqual(['succeeded', [true, true, true], 4])
      expect(contents(fake, name).holder('AWSCURRENT')).toBe(token)
      expect(current(name)).not.toBe(value)
      expect(await consumersLogIn(name)).toBe(true)
    },
    180_000,
  )

  test('alternating-users: killed in the middle, after each of its first requests; the repetition ends it', async () => {
    const rotate = await start('aws/rotate')
    if (!rotate) return
    for (let requests = 1; requests <= 8; requests++) {
      const { name, value } = await secret('alternating-users')
      fake.calls.reset()
      const guard = { armed: true }
      const invoke = async (event: Parameters<Lambda['invoke']>[0]) => {
        let over = false
        const answer = rotate.invoke(event).finally(() => {
          over = true
        })
        while (!over && guard.armed) {
          if (fake.calls.count() >= requests) {
            guard.armed = false
            await rotate.kill()
            expect(await consumersLogIn(name), `killed after ${requests}`).toBe(true)
          } else await new Promise(resolve => setImmediate(resolve))
        }
        return answer
      }
      const { outcome } = await driveRotation(fake, name, invoke, { attempts: 3 })
      expect([outcome, guard.armed], `killed after ${requests}`).toEqual(['succeeded', false])
      expect(current(name)).not.toBe(value)
      expect(await consumersLogIn(name)).toBe(true)
    }
  }, 300_000)
})

describe.skipIf(!server || !moto)('from the schedule to the metric', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: moto?.endpoint ?? 'http://127.0.0.1:1' })
  afterAll(() => sqs.destroy())

  test('schedule, sweep, queue, worker, rotation, audit record, metric; again, it does nothing', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'lockstep' }))
    const login = await createLogin(server!, { username: 'swept', password: 'first-swept' })
    daysAgo = 40
    fake.service.createSecret({ name: 'app-db', value: JSON.stringify(login) })
    daysAgo = 0
    const config = `version: 1
stores: { cloud: { kind: aws, region: us-east-1 } }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h }
secrets:
  app:
    id: app-db
    strategy: single-user
    target: { kind: postgres, endpoints: [{ name: main, host: 127.0.0.1, port: ${server!.port}, database: postgres }], tls: { mode: disable } }
`
    const sweep = await start('aws/sweep', { LOCKSTEP_QUEUE_URL: QueueUrl! }, config)
    const worker = await start('aws/worker', { LOCKSTEP_ENVIRONMENT: 'prod' }, `${config}environments: { prod: {} }\n`)
    if (!sweep || !worker) return

    const unwell = fake.faults.every('DescribeSecret', 'reset')
    const tick = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }
    const swept = await sweep.invoke(tick)
    unwell()
    expect(swept).toMatchObject({ ok: true, result: { secrets: 1, handedOver: expect.any(Number), left: 0 } })
    expect(current('app-db')).toBe(JSON.stringify(login))

    const asked = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked))
    expect(Messages.length).toBeGreaterThan(0)
    const Records = Messages.map(({ MessageId, ReceiptHandle, Body }) => {
      return { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, eventSource: 'aws:sqs' }
    })
    const batch = { Records }
    expect(await worker.invoke(batch)).toMatchObject({ ok: true, result: { batchItemFailures: [] } })
    const rotated = current('app-db')
    expect([await accepts(server!, rotated), await accepts(server!, JSON.stringify(login))]).toEqual([true, false])

    const lines = worker
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toContainEqual(
      expect.objectContaining({ event_type: 'secret_rotated', secret_id: 'app', result: 'success' }),
    )
    const metric = lines.find(line => '_aws' in line && line.RotationSuccess === 1)
    expect(checkEmf(metric)).toMatchObject({ SecretName: 'app', Environment: 'prod', Strategy: 'single-user' })

    // SQS delivers at least once
    await worker.kill()
    expect(await worker.invoke(batch)).toMatchObject({ ok: true, result: { batchItemFailures: [] } })
    expect(current('app-db')).toBe(rotated)
    expect(await sweep.invoke({ ...tick, id: randomUUID() })).toMatchObject({ ok: true, result: { failed: 0 } })
    expect(current('app-db')).toBe(rotated)
    for (const text of [JSON.stringify(login), rotated])
      for (const { stdout, stderr } of [sweep, worker])
        expect(stdout() + stderr()).not.toContain(JSON.parse(text).password)
  }, 240_000)
})
