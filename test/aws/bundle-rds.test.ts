/**
 * The built bundle where RDS has a say: an admin secret that RDS manages, whose host only RDS knows, and a secret for a reader. RDS is a
 * stand-in over HTTP, PostgreSQL 18 is real; the SDK's client of RDS is the one in the bundle.
 * Planted: the commands of RDS left out of the bundle, the admin's tags not read: each failed here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startLambda } from '../fakes/aws/lambda.ts'
import { startRds } from '../fakes/aws/rds.ts'
import { driveRotation, type Invoke } from '../fakes/aws/rotation-driver.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { startReplica } from '../stand/replica.ts'
import { requireServer, until } from '../stand/stand.ts'
import { accepts } from '../torture/aws/consumer.ts'
import { builtBundle, contents, createLogin, databaseValue, type Where } from './bundle-run.ts'

// what RDS manages says nothing of `ssl`: so it is TLS, verified
const server = requireServer(await startPostgres({ tls: true }))
const replica = server && requireServer(await startReplica(server))
const fake = await startSecretsManager()
const rds = await startRds()
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-rds-'))
const LOCKSTEP_CA_FILE = path.join(folder, 'ca.pem')
writeFileSync(LOCKSTEP_CA_FILE, server?.tls?.ca ?? '')
const env = { SECRETS_MANAGER_ENDPOINT: fake.endpoint, AWS_ENDPOINT_URL_RDS: rds.endpoint, LOCKSTEP_CA_FILE }
const lambda = requireServer(await startLambda({ bundle: await builtBundle(), env, timeoutMs: 30_000 }))
const invoke: Invoke = event => lambda!.invoke(event)
afterAll(async () => {
  await lambda?.close()
  await Promise.all([fake.close(), rds.close()])
  await replica?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true })
})

const DATABASE = 'arn:aws:rds:us-east-1:123456789012:db:orders'
const CLUSTER = 'arn:aws:rds:us-east-1:123456789012:cluster:orders'
const login = () => ({ username: 'postgres', password: server!.adminPassword })
let count = 0

/** As RDS makes it: a user and a password, and a tag that says whose. */
const managed = (tag: string, arn: string): string => {
  const value = JSON.stringify(login())
  return fake.service.createSecret({
    name: `rds-managed-${++count}`,
    value,
    owningService: 'rds',
    tags: { [tag]: arn },
  }).arn
}

async function secret(masterarn: string, where: Where = {}) {
  const name = `for-rds-${++count}`
  const made = await createLogin(server!, { username: `app${count}`, password: 'first' })
  fake.service.createSecret({ name, value: databaseValue(server!, made, { masterarn, ...where }), rotation: {} })
  return name
}

const current = (id: string): string => contents(fake, id).value(contents(fake, id).holder('AWSCURRENT'))!

describe.skipIf(!server || !replica || !lambda)('with RDS behind the admin', () => {
  test.each([
    ['an instance', 'aws:rds:primaryDBInstanceArn', DATABASE],
    ['a cluster', 'aws:rds:primaryDBClusterArn', CLUSTER],
  ])('RDS manages the secret of the admin of %s', async (_, tag, arn) => {
    const { host, port } = server!
    rds.instances.set(DATABASE, { Engine: 'postgres', Endpoint: { Address: host, Port: port } })
    rds.clusters.set(CLUSTER, { Engine: 'aurora-postgresql', Endpoint: host, Port: port })
    const id = await secret(managed(tag, arn))
    fake.calls.reset()
    const { outcome, failure } = await driveRotation(fake, id, invoke, { attempts: 1 })
    expect([outcome, failure]).toEqual(['succeeded', undefined])
    expect(await accepts(server!, current(id))).toBe(true)
    // of the nine of alternating users, and the tags of the admin secret
    expect(fake.calls.count()).toBe(10)
  })

  test('the secret is for a reader: changed at the writer, tested at the reader', async () => {
    const admin = databaseValue(server!, login(), { host: 'localhost' })
    const masterarn = fake.service.createSecret({ name: `admin-${++count}`, value: admin }).arn
    const id = await secret(masterarn, { port: replica!.port })
    rds.instances.set('127', { Endpoint: { Address: '127.0.0.1' }, DBClusterIdentifier: 'orders' })
    rds.clusters.set('orders', { Endpoint: 'localhost', ReaderEndpoint: '127.0.0.1' })
    await until(async () => expect(await accepts(replica!, current(id))).toBe(true))
    const { outcome, failure } = await driveRotation(fake, id, invoke, { attempts: 1 })
    expect([outcome, failure]).toEqual(['succeeded', undefined])
    await until(async () => expect(await accepts(replica!, current(id))).toBe(true))
    expect(JSON.parse(current(id)).username).toMatch(/_clone$/)
  })

  test('a host that RDS does not know as a reader: the admin does not log in', async () => {
    const admin = databaseValue(server!, login(), { host: 'localhost' })
    const id = await secret(fake.service.createSecret({ name: `admin-${++count}`, value: admin }).arn)
    rds.instances.clear()
    const before = current(id)
    const { failure } = await driveRotation(fake, id, invoke, { attempts: 1 })
    expect(failure?.errorMessage).toMatch(/^identity-mismatch in set: .*another host.*was not used/)
    expect(current(id)).toBe(before)
  })
})
