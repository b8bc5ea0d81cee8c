/**
 * What stands in a rotation's way, as the service meets it: the built bundle under AWS's runtime client, driven to its end, PostgreSQL 18.
 * Each time one clear error, nothing lost, and the same rotation goes on once the cause is mended. In all that Lambda was told, no value.
 * Planted: a denial of a secret with kms in its name taken for one of the key, a secret that is being deleted taken for an
 * abandoned rotation, a replica written to, AWSPENDING alone on what was put: each failed here.
 */
import { randomUUID } from 'node:crypto'
import * as sdk from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, test } from 'vitest'
import { type Lambda, startLambda } from '../fakes/aws/lambda.ts'
import { startRds } from '../fakes/aws/rds.ts'
import { driveRotation, driveStarted, type Invoke, type RotationOptions } from '../fakes/aws/rotation-driver.ts'
import type { NewSecret } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { accepts } from '../torture/aws/consumer.ts'
import { builtBundle, contents, createLogin, databaseValue } from './bundle-run.ts'
import { expectNoValue, Faulty, STEPS } from './faults.ts'

const KEY = 'the-function'
/** Nobody listens there: only root may. */
const NOWHERE = 1
const server = requireServer(await startPostgres({ conf: { log_statement: 'all', log_connections: 'on' } }))
const faulty = server && (await Faulty.open(server))
const lambdas: Lambda[] = []
const rds = await startRds()
const lambda = faulty && (await start({ SECRETS_MANAGER_ENDPOINT: faulty.fake.endpoint }))
const client = faulty?.fake.client()
afterAll(async () => {
  client?.destroy()
  for (const each of lambdas) await each.close()
  await Promise.all([faulty?.close(), rds.close()])
  await server?.stop()
})

async function start(env: Record<string, string>): Promise<Lambda | undefined> {
  const more = { AWS_ACCESS_KEY_ID: KEY, AWS_ENDPOINT_URL_RDS: rds.endpoint, ...env }
  const started = requireServer(await startLambda({ bundle: await builtBundle(), env: more, timeoutMs: 30_000 }))
  if (started) lambdas.push(started)
  return started
}

const invoke: Invoke = event => lambda!.invoke(event)
const current = (id: string): string =>
  contents(faulty!.fake, id).value(contents(faulty!.fake, id).holder('AWSCURRENT'))!

/** Any value; the passwords of those that are one are looked for at the end. */
function keep(value: string, more: Partial<NewSecret> = {}): string {
  const secret = { name: `kept-${randomUUID()}`, value, rotation: {}, ...more }
  return faulty!.fake.service.createSecret(secret).name
}

async function login(more: object = {}, secret: Partial<NewSecret> = {}) {
  const name = `bad${randomUUID().slice(0, 8)}`
  const made = await createLogin(server!, { username: name, password: `Canary"/${name}+first` })
  faulty!.values.add(made.password)
  const value = databaseValue(server!, made, more)
  return { id: keep(value, secret), value }
}

/** Driven in vain; nothing that consumers read has changed. Answers what Lambda was told. */
async function fails(id: string, options: RotationOptions = {}): Promise<string> {
  const before = contents(faulty!.fake, id)
  const { outcome, failure } = await driveRotation(faulty!.fake, id, invoke, { attempts: 2, ...options })
  const after = contents(faulty!.fake, id)
  expect([outcome, failure?.errorType]).toEqual(['failed', 'LockstepError'])
  expect(after.holder('AWSCURRENT')).toBe(before.holder('AWSCURRENT'))
  return failure!.errorMessage
}

/** The first invocation of that step fails; mended, the same rotation is attempted again. Answers what Lambda was told. */
async function mended(id: string, step: string, spoil: () => unknown, mend: () => unknown): Promise<string> {
  const says: string[] = []
  const once: Invoke = async event => {
    if (event.Step !== step || says.length > 0) return invoke(event)
    await spoil()
    const answer = await invoke(event)
    await mend()
    says.push(answer.ok ? 'nothing' : answer.errorMessage)
    return answer
  }
  const { outcome, failure, attempts, token } = await driveRotation(faulty!.fake, id, once)
  expect([outcome, attempts], failure?.errorMessage).toEqual(['succeeded', 2])
  expect(contents(faulty!.fake, id).holder('AWSCURRENT')).toBe(token)
  expect(await accepts(server!, current(id))).toBe(true)
  return says[0]!
}

describe.skipIf(!lambda)('bad input', () => {
  test.each<[string, string, RegExp]>([
    ['not JSON', 'Canary {not json', /^value-unsuitable in create: .*is not JSON/],
    ['no object', '["Canary"]', /^value-unsuitable in create: .*is not a JSON object/],
    ['no host', '{"engine":"postgres","username":"a","password":"Canary"}', /^value-unsuitable in create: .*'host'/],
    [
      'unknown engine',
      '{"engine":"Canary","host":"h","username":"a","password":"Canary"}',
      /^value-unsuitable.*'engine'/,
    ],
  ])('%s', async (_, value, says) => {
    expect(await fails(keep(value))).toMatch(says)
  })

  test('a binary secret', async () => {
    const id = keep('x')
    const SecretBinary = Buffer.from('Canary')
    await client!.send(new sdk.PutSecretValueCommand({ SecretId: id, SecretBinary }))
    expect(await fails(id)).toMatch(/^value-unsuitable in create.*binary/)
  })

  test('a value of 64 KiB without room for a longer password', async () => {
    const { id, value } = await login()
    const note = 'n'.repeat(65_536 - Buffer.byteLength(value) - ',"note":""'.length)
    faulty!.fake.service.putAsPerson(id, JSON.stringify({ ...JSON.parse(value), note }))
    expect(Buffer.byteLength(current(id))).toBe(65_536)
    expect(await fails(id)).toMatch(/^value-unsuitable in create.*65536 bytes/)
    expect(await accepts(server!, value)).toBe(true)
  })

  test.each(['username', 'host'])('another %s in the pending version than in current', async field => {
    const { id, value } = await login()
    const { token } = faulty!.fake.service.beginRotation(id)
    const SecretString = JSON.stringify({ ...JSON.parse(value), [field]: 'localhost', password: 'Canary-foreign' })
    const put = { SecretId: id, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] }
    await client!.send(new sdk.PutSecretValueCommand(put))
    expect(await fails(id, { token })).toMatch(/^identity-mismatch in (create|finish)/)
    expect(await fails(id, { token, steps: () => ['setSecret', 'finishSecret'] })).toMatch(/^(identity|conflict|stale)/)
    expect(await accepts(server!, value)).toBe(true)
  })

  test('an admin secret of another host: its login is not used', async () => {
    const admin = databaseValue(
      server!,
      { username: 'postgres', password: server!.adminPassword },
      { host: 'localhost' },
    )
    const { id, value } = await login({ masterarn: keep(admin) })
    const logins = () => server!.log().match(/user=postgres .*application_name=lockstep/g)?.length ?? 0
    const before = logins()
    expect(await fails(id)).toMatch(/^identity-mismatch in set: .*another host/)
    expect(logins()).toBe(before)
    expect(await accepts(server!, value)).toBe(true)
  })

  test('an event of another service', async () => {
    const answer = await lambda!.invoke({ Records: [{ body: 'Canary' }] })
    expect(answer).toMatchObject({
      errorType: 'LockstepError',
      errorMessage: expect.stringMatching(/^refused: .*event/),
    })
  })

  test.each([
    ['PostgreSQL', {}, /^target-unreachable in finish.*nothing about the password.*VPC/],
    [
      'Secrets Manager',
      { SECRETS_MANAGER_ENDPOINT: `http://127.0.0.1:${NOWHERE}` },
      /^store-unavailable.*VPC endpoint/,
    ],
  ])('no route to %s: said so, and nothing of a wrong password', async (_, env, says) => {
    const { id, value } = await login({ port: NOWHERE })
    const lost = Object.keys(env).length > 0 ? await start(env) : lambda!
    const { failure } = await driveRotation(faulty!.fake, id, event => lost!.invoke(event), { attempts: 1 })
    expect(failure?.errorMessage).toMatch(says)
    expect(failure?.errorMessage).not.toMatch(/auth-failed|refused the (login|password)/)
    expect(await accepts(server!, value)).toBe(true)
  })

  test('a replica: says where the secret is rotated', async () => {
    const { id } = await login()
    await client!.send(
      new sdk.ReplicateSecretToRegionsCommand({ SecretId: id, AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
    )
    const { endpoint } = await faulty!.fake.openRegion('eu-west-1')
    const there = await start({ SECRETS_MANAGER_ENDPOINT: endpoint, AWS_REGION: 'eu-west-1' })
    const { arn, token } = faulty!.fake.service.beginRotation(id)
    const event = { SecretId: arn.replace('us-east-1', 'eu-west-1'), ClientRequestToken: token, Step: 'createSecret' }
    expect(await there!.invoke(event)).toMatchObject({
      errorMessage: expect.stringMatching(/^refused in create.*replica.*us-east-1/),
    })
    expect(contents(faulty!.fake, id).value(token)).toBeUndefined()
  })
})

describe.skipIf(!lambda).each(STEPS)('in the way of %s, then mended', step => {
  test('the secret is scheduled for deletion', async () => {
    const { id } = await login()
    const says = await mended(
      id,
      step,
      () => client!.send(new sdk.DeleteSecretCommand({ SecretId: id })),
      () => client!.send(new sdk.RestoreSecretCommand({ SecretId: id })),
    )
    expect(says).toMatch(/^refused in .*scheduled for deletion.*restore-secret/)
  })

  test('the KMS key is disabled', async () => {
    const { kms } = faulty!.fake.service
    const { id } = await login({}, { kmsKeyId: `key-${step}` })
    const says = await mended(
      id,
      step,
      () => kms.disable(`key-${step}`),
      () => kms.enable(`key-${step}`),
    )
    expect(says).toMatch(/^access-denied in .*KMS key.*disabled/)
  })
})

describe.skipIf(!lambda)('a permission is missing: action and secret are named', () => {
  test.each([
    ['secretsmanager:DescribeSecret', 'createSecret'],
    ['secretsmanager:GetSecretValue', 'createSecret'],
    ['secretsmanager:PutSecretValue', 'createSecret'],
    ['secretsmanager:GetSecretValue', 'setSecret'],
    ['secretsmanager:GetSecretValue', 'testSecret'],
    ['secretsmanager:GetSecretValue', 'finishSecret'],
    ['secretsmanager:UpdateSecretVersionStage', 'finishSecret'],
    ['kms:Decrypt', 'createSecret'],
    ['kms:GenerateDataKey', 'createSecret'],
  ])('%s, in %s', async (action, step) => {
    const { id } = await login({}, { kmsKeyId: 'key', name: `kms/${randomUUID()}` })
    const { arn } = faulty!.fake.service.peek(id)
    const { permissions } = faulty!.fake
    const says = await mended(
      id,
      step,
      () => permissions.denyAction(KEY, action),
      () => permissions.reset(KEY),
    )
    expect(says).toMatch(/^access-denied in /)
    expect(says).toContain(action)
    expect(says).toContain(arn)
    if (!action.startsWith('kms')) expect(says).toContain(`Allow ${action} on ${arn}`)
  })

  test('secretsmanager:GetSecretValue on the admin secret', async () => {
    const admin = databaseValue(server!, { username: 'postgres', password: server!.adminPassword })
    const { arn } = faulty!.fake.service.peek(keep(admin))
    const { id } = await login({ masterarn: arn })
    const { permissions } = faulty!.fake
    const says = await mended(
      id,
      'setSecret',
      () => permissions.denyAction(KEY, 'secretsmanager:GetSecretValue', [arn]),
      () => permissions.reset(KEY),
    )
    expect(says).toContain(`access-denied in set (${arn}): secretsmanager:GetSecretValue on ${arn} is not allowed`)
  })
})

describe.skipIf(!lambda)('somebody interferes', () => {
  const edited = (id: string) => JSON.stringify({ ...JSON.parse(current(id)), note: 'by hand' })

  test.each(STEPS.slice(1))(
    'a foreign put before %s: given up, the edit stays, our label keeps the version',
    async at => {
      const { id } = await login()
      const { service } = faulty!.fake
      let put = ''
      const betweenSteps: RotationOptions['betweenSteps'] = ({ step }) => {
        if (step === at) put = service.putAsPerson(id, edited(id))
      }
      const { outcome, token } = await driveRotation(faulty!.fake, id, invoke, { betweenSteps })
      const { holder, versions } = contents(faulty!.fake, id)
      expect([outcome, holder('AWSCURRENT'), holder('AWSPENDING')]).toEqual(['abandoned', put, undefined])
      expect(versions.get(token)?.stages).toEqual([expect.stringMatching(/^LOCKSTEP_\d$/)])
      // the step that the service had under way
      const late = { Step: at, SecretId: service.peek(id).arn, ClientRequestToken: token }
      const refused = { errorMessage: expect.stringMatching(/^stale in .*not pending/) }
      expect(await lambda!.invoke(late)).toMatchObject(refused)
      expect(await accepts(server!, current(id))).toBe(true)

      const next = await driveRotation(faulty!.fake, id, invoke)
      expect([next.outcome, next.failure]).toEqual(['succeeded', undefined])
      // the token of an older rotation
      for (const Step of [STEPS[0], at]) expect(await lambda!.invoke({ ...late, Step })).toMatchObject(refused)
      expect(contents(faulty!.fake, id).holder('AWSCURRENT')).toBe(next.token)
      expect(JSON.parse(current(id)).note).toBe('by hand')
      expect(await accepts(server!, current(id))).toBe(true)
    },
  )

  test.each(STEPS.slice(1))(
    'CancelRotateSecret before %s: nothing is lost, and the same rotation can be taken up',
    async at => {
      const { id, value } = await login()
      const { service } = faulty!.fake
      const betweenSteps: RotationOptions['betweenSteps'] = async ({ step }) => {
        if (step === at) await client!.send(new sdk.CancelRotateSecretCommand({ SecretId: id }))
      }
      const { outcome, token } = await driveRotation(faulty!.fake, id, invoke, { betweenSteps })
      const { holder } = contents(faulty!.fake, id)
      expect([outcome, holder('AWSPENDING'), current(id)]).toEqual(['cancelled', token, value])
      expect(await accepts(server!, value)).toBe(true)
      const begun = Promise.withResolvers<Parameters<Parameters<typeof service.onRotate>[0]>[0]>()
      const stop = service.onRotate(begun.resolve)
      const again = { SecretId: id, ClientRequestToken: token, RotationLambdaARN: lambda!.arn }
      await client!.send(new sdk.RotateSecretCommand(again))
      const taken = await driveStarted(faulty!.fake, await begun.promise.finally(stop), invoke)
      expect([taken.outcome, taken.failure]).toEqual(['succeeded', undefined])
      expect(await accepts(server!, current(id))).toBe(true)
    },
  )
})

test.skipIf(!lambda)('and no value was written anywhere', () => {
  expect(lambda!.posted.filter(({ path }) => path.endsWith('/error')).length).toBeGreaterThan(30)
  for (const each of lambdas) {
    expectNoValue(faulty!, each)
    expect(each.stdout() + each.stderr() + JSON.stringify(each.posted)).not.toContain('Canary')
  }
})
