/**
 * The built bundle on moto, a Secrets Manager that other people wrote, with a real PostgreSQL 18: what our fake and our store have
 * wrong together shows here. moto runs no function, so the service's side of a rotation is played by hand; it overwrites what a template
 * has left under the token (test/stand/moto-deviations/writing.ts), so that is not asked of it.
 * Planted: current read without its label, AWSPENDING not put back after a put that took it away: each failed here.
 */
import { randomUUID } from 'node:crypto'
import * as sdk from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, test } from 'vitest'
import { startLambda } from '../fakes/aws/lambda.ts'
import { STEPS } from '../fakes/aws/rotation-driver.ts'
import { startMoto } from '../stand/moto.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { accepts } from '../torture/aws/consumer.ts'
import { builtBundle, createLogin, databaseValue } from './bundle-run.ts'

const server = requireServer(await startPostgres())
const moto = requireServer(await startMoto())
const env = { SECRETS_MANAGER_ENDPOINT: moto?.endpoint }
const lambda = moto && requireServer(await startLambda({ bundle: await builtBundle(), env, timeoutMs: 30_000 }))
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const client = new sdk.SecretsManagerClient({ region: 'us-east-1', credentials, ...(moto && moto) })
afterAll(async () => {
  client.destroy()
  await lambda?.close()
  await Promise.all([moto?.stop(), server?.stop()])
})

const STRATEGIES = ['single-user', 'alternating-users'] as const
type Strategy = (typeof STRATEGIES)[number]
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'
let count = 0

const create = async (Name: string, SecretString: string): Promise<string> =>
  (await client.send(new sdk.CreateSecretCommand({ Name, SecretString }))).ARN!

const move = (SecretId: string, VersionStage: string, to: string | undefined, from: string) =>
  client.send(
    new sdk.UpdateSecretVersionStageCommand({
      ...{ SecretId, VersionStage, RemoveFromVersionId: from },
      ...(to !== undefined && { MoveToVersionId: to }),
    }),
  )

const put = (SecretId: string, ClientRequestToken: string, SecretString: string) =>
  client.send(
    new sdk.PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] }),
  )

const read = (SecretId: string, VersionStage: string) =>
  client.send(new sdk.GetSecretValueCommand({ SecretId, VersionStage }))

/** What a read without a label answers on moto is the first version, whose password is wrong. */
async function secret(strategy: Strategy) {
  const login = await createLogin(server!, { username: `moto${++count}`, password: `first-${count}` })
  const admin = { username: 'postgres', password: server!.adminPassword }
  const masterarn = strategy === 'alternating-users' && (await create(`admin-${count}`, databaseValue(server!, admin)))
  const where = masterarn ? { masterarn } : {}
  const arn = await create(`app-${count}`, databaseValue(server!, { ...login, password: 'never valid' }, where))
  const { VersionId: wrong } = await read(arn, 'AWSCURRENT')
  const [id, value] = [randomUUID(), databaseValue(server!, login, where)]
  await put(arn, id, value)
  await move(arn, 'AWSCURRENT', id, wrong!)
  await move(arn, 'AWSPENDING', undefined, id)
  return { arn, login, value }
}

/** How moto is brought to label an empty version: the function that it is to call is not there. */
async function begin(SecretId: string, test = false): Promise<string> {
  const ClientRequestToken = randomUUID()
  const RotationRules = { AutomaticallyAfterDays: 30 }
  const input = { SecretId, ClientRequestToken, RotationLambdaARN: FUNCTION, RotationRules, RotateImmediately: !test }
  await expect(client.send(new sdk.RotateSecretCommand(input))).rejects.toThrow('Resource not found')
  return ClientRequestToken
}

async function invoke(SecretId: string, ClientRequestToken: string, Step: string): Promise<void> {
  const answer = await lambda!.invoke({ Step, SecretId, ClientRequestToken, RotationToken: randomUUID() })
  expect(answer, Step).toMatchObject({ ok: true })
}

describe.skipIf(!server || !lambda).each(STRATEGIES)('on moto [emulator], %s', strategy => {
  test('four steps, each twice: published, and the login works', async () => {
    const { arn, login, value } = await secret(strategy)
    const token = await begin(arn)
    for (const step of STEPS) for (const _ of [1, 2]) await invoke(arn, token, step)
    const { VersionId, SecretString } = await read(arn, 'AWSCURRENT')
    expect(VersionId).toBe(token)
    expect((await read(arn, 'AWSPREVIOUS')).SecretString).toBe(value)
    const alternating = strategy === 'alternating-users'
    expect(JSON.parse(SecretString!).username).toBe(alternating ? `${login.username}_clone` : login.username)
    expect(await accepts(server!, SecretString!)).toBe(true)
    expect(await accepts(server!, value)).toBe(alternating)
  })

  test('RotateImmediately=false: current is tried, nothing is changed', async () => {
    const { arn, value } = await secret(strategy)
    await invoke(arn, await begin(arn, true), 'testSecret')
    expect((await read(arn, 'AWSCURRENT')).SecretString).toBe(value)
    expect(await accepts(server!, value)).toBe(true)
  })
})
