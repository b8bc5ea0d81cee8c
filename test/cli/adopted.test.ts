/**
 * One secret in two hands: rotated by the function of Lockstep, which Secrets Manager calls, and looked after by the command line
 * with the lockstep.yml that `adopt` wrote. On our fake and a real PostgreSQL.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { createHandler } from '../../aws/handler.ts'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import { driveRotation, type StepAnswer } from '../fakes/aws/rotation-driver.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { REGION, secretsManager } from './aws.ts'
import { HOUR, type Project, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const fake = secretsManager()
afterAll(() => server?.stop())
let count = 0

const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })

/** As Secrets Manager would: the four steps, by Lockstep's function. */
async function rotatedByTheService(id: string, clock: Clock = systemClock): Promise<void> {
  const handler = createHandler({
    env: {},
    clock,
    write: async () => {},
    client: async () => fake().client(),
    rds: {} as never,
  })
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 }
  const invoke = async (event: unknown): Promise<StepAnswer> => {
    try {
      await handler(event, context)
      return { ok: true }
    } catch (error) {
      const { name, message } = error as Error
      return { ok: false, errorType: name, errorMessage: message }
    }
  }
  const { outcome, failure } = await driveRotation(fake(), id, invoke)
  expect({ outcome, failure }).toEqual({ outcome: 'succeeded', failure: undefined })
}

async function adopted(prefix: string): Promise<Project> {
  const here = project()
  const where = ['--region', REGION, '--endpoint', fake().endpoint, '--prefix', prefix]
  await here.ok(['adopt', '--from', 'aws', ...where, '--read-values'])
  return here
}

const current = (id: string) => {
  const found = [...fake().service.peek(id).versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
  return JSON.parse(found!.value!) as { username: string; password: string }
}

describe.skipIf(server === undefined)('after the function has rotated', () => {
  const database = () => ({
    engine: 'postgres',
    host: server!.host,
    port: server!.port,
    dbname: 'postgres',
    ssl: false,
  })

  test('single-user: the command line reads, judges and rolls back what the function made', async () => {
    const user = `adopted_${process.pid}_${++count}`
    await server!.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'first'`)
    const value = JSON.stringify({ ...database(), username: user, password: 'first' })
    const lambdaArn = `arn:aws:lambda:${REGION}:123456789012:function:PostgreSQLSingleUser`
    fake().service.createSecret({ name: `${user}/db`, value, rotation: { lambdaArn } })
    const here = await adopted(user)
    await rotatedByTheService(`${user}/db`)
    const rotated = current(`${user}/db`)
    expect(rotated.password).not.toBe('first')
    await here.ok(['check', '--connect'])
    expect((await here.json(['doctor'])).data).toMatchObject({ ok: true })
    expect((await here.json(['status'])).data.secrets).toMatchObject([{ condition: expect.stringMatching(/ok|grace/) }])
    const back = await here.json(['rollback', `${user}/db`])
    expect(back.data, JSON.stringify(back.data)).toMatchObject({ outcome: 'rolled-back' })
    expect(current(`${user}/db`)).toMatchObject({ password: 'first' })
    await (await server!.connect(user, 'first')).end()
  })

  test('multi-user: one mark on both logins, and the next rotation of the function goes on', async () => {
    const user = `adopted_${process.pid}_${++count}`
    await server!.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'first'`)
    const admin = JSON.stringify({ ...database(), username: 'postgres', password: server!.adminPassword })
    const { arn: masterarn } = fake().service.createSecret({ name: `admin-of-${user}`, value: admin })
    const value = JSON.stringify({ ...database(), username: user, password: 'first', masterarn })
    const lambdaArn = `arn:aws:lambda:${REGION}:123456789012:function:PostgreSQLMultiUser`
    fake().service.createSecret({ name: `${user}/db`, value, rotation: { lambdaArn } })
    const here = await adopted(user)
    await rotatedByTheService(`${user}/db`)
    expect(current(`${user}/db`).username).toBe(`${user}_clone`)
    await here.ok(['check', '--connect'])
    const { data } = await here.json(['doctor'])
    expect(data, JSON.stringify(data)).toMatchObject({ ok: true })
    const retired = await here.json(['retire', `${user}/db`], { clock: later(49 * HOUR) })
    expect(retired.data, JSON.stringify(retired.data)).toMatchObject({ outcome: 'retired' })
    await expect(server!.connect(user, 'first')).rejects.toMatchObject({ code: expect.stringMatching(/28/) })
    await rotatedByTheService(`${user}/db`, later(99 * HOUR))
    const now = current(`${user}/db`)
    expect(now.username).toBe(user)
    await (await server!.connect(user, now.password)).end()
  })
})
