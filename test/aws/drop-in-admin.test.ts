/**
 * The admin secret and its host, against what RDS says. RDS is a stand-in that answers as its model says; there is none here.
 * Planted: only the first part of a host compared, as AWS's templates do; a port not compared; a tag's key compared with its
 * case; tags read where they are not needed: each failed here.
 */
import type { DBCluster, DBInstance } from '@aws-sdk/client-rds'
import { describe, expect, test } from 'vitest'
import { type AdminSources, adminOf } from '../../aws/drop-in/admin.ts'
import type { DatabaseSecret } from '../../aws/drop-in/database-secret.ts'
import { RotationError } from '../../core/errors.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'

const ZONE = 'abc123.eu-central-1.rds.amazonaws.com'
const WRITER = `orders.${ZONE}`
const CLUSTER = `orders.cluster-${ZONE}`
const READER = `orders.cluster-ro-${ZONE}`
const admin = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:admin-a1b2c3'
const login = { username: 'master', password: 'Canary-admin' }
const call = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY }

const secretAt = (host: string, more: Partial<DatabaseSecret> = {}): DatabaseSecret => ({
  engine: 'postgres',
  host,
  port: 5432,
  database: 'orders',
  admin,
  ssl: undefined,
  ...more,
})
const adminAt = (host: string, more = {}) => ({ engine: 'postgres', host, ...login, ...more })

interface World {
  readonly value: unknown
  readonly tags?: Readonly<Record<string, string>>
  readonly instances?: Readonly<Record<string, DBInstance>>
  readonly clusters?: Readonly<Record<string, DBCluster>>
}

function sources({ value, tags = {}, instances = {}, clusters = {} }: World): AdminSources & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    secrets: {
      value: async id => {
        asked.push(`value ${id}`)
        return SecretValue.of(typeof value === 'string' ? value : JSON.stringify(value))
      },
      tags: async id => {
        asked.push(`tags ${id}`)
        return tags
      },
    },
    rds: {
      instance: async id => {
        asked.push(`instance ${id}`)
        return instances[id]
      },
      cluster: async id => {
        asked.push(`cluster ${id}`)
        return clusters[id]
      },
    },
  }
}

async function refusal(secret: DatabaseSecret, world: World): Promise<RotationError> {
  const error = await adminOf(secret, sources(world), call).then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(JSON.stringify([error, (error as Error).stack])).not.toContain('Canary')
  return error as RotationError
}

describe('the same host', () => {
  test('one call, and nobody asks RDS', async () => {
    const world = sources({ value: adminAt(WRITER, { port: '5432', ssl: 'true' }) })
    const found = await adminOf(secretAt(WRITER.toUpperCase()), world, call)
    expect(found).toMatchObject({ host: WRITER, port: 5432, ssl: true, sameHost: true })
    expect([found.credential.username, found.credential.password.reveal()]).toEqual(Object.values(login))
    expect(world.asked).toEqual([`value ${admin}`])
  })

  test('another port of it is another server', async () => {
    const { code, message } = await refusal(secretAt(WRITER), { value: adminAt(WRITER, { port: 6432 }) })
    expect([code, message]).toEqual(['identity-mismatch', expect.stringContaining('another port')])
  })
})

describe('another host', () => {
  const replica: DBInstance = {
    DBInstanceIdentifier: 'copy',
    Endpoint: { Address: `copy.${ZONE}`, Port: 5432 },
    ReadReplicaSourceDBInstanceIdentifier: 'orders',
  }
  const cluster: DBCluster = { DBClusterIdentifier: 'orders', Endpoint: CLUSTER, ReaderEndpoint: READER, Port: 5432 }
  const member: DBInstance = {
    DBInstanceIdentifier: 'orders-2',
    Endpoint: { Address: `orders-2.${ZONE}`, Port: 5432 },
    DBClusterIdentifier: 'orders',
  }

  test('a read replica: one call to RDS', async () => {
    const world = sources({ value: adminAt(WRITER, { port: 5433 }), instances: { copy: replica } })
    const found = await adminOf(secretAt(`copy.${ZONE}`), world, call)
    expect(found).toMatchObject({ host: WRITER, port: 5433, sameHost: false })
    expect(world.asked).toEqual([`value ${admin}`, 'instance copy'])
  })

  test('the reader endpoint of a cluster: one call', async () => {
    const world = sources({ value: adminAt(CLUSTER), clusters: { orders: cluster } })
    expect(await adminOf(secretAt(READER), world, call)).toMatchObject({ host: CLUSTER, sameHost: false })
    expect(world.asked).toEqual([`value ${admin}`, 'cluster orders'])
  })

  test('a member of a cluster, whichever role it has at the moment: two calls', async () => {
    const world = sources({
      value: adminAt(CLUSTER),
      instances: { 'orders-2': member },
      clusters: { orders: cluster },
    })
    expect(await adminOf(secretAt(`orders-2.${ZONE}`), world, call)).toMatchObject({ sameHost: false })
    expect(world.asked).toEqual([`value ${admin}`, 'instance orders-2', 'cluster orders'])
  })

  test.each<[string, string, World]>([
    ['nobody knows it', `copy.${ZONE}`, { value: adminAt(WRITER) }],
    ['it is no RDS host', '10.0.0.7', { value: adminAt(WRITER) }],
    [
      'only the name before the first dot is the same',
      'copy.elsewhere.example',
      { value: adminAt(WRITER), instances: { copy: replica } },
    ],
    [
      'only the name before the first dot is that of a member',
      'orders-2.elsewhere.example',
      { value: adminAt(CLUSTER), instances: { 'orders-2': member }, clusters: { orders: cluster } },
    ],
    [
      'the admin is only called like its source',
      `copy.${ZONE}`,
      { value: adminAt('orders.elsewhere.example'), instances: { copy: replica } },
    ],
    [
      'it is a replica of another instance',
      `copy.${ZONE}`,
      {
        value: adminAt(WRITER),
        instances: { copy: { ...replica, ReadReplicaSourceDBInstanceIdentifier: 'invoices' } },
      },
    ],
    [
      'its source is in another region',
      `copy.${ZONE}`,
      {
        value: adminAt(WRITER),
        instances: {
          copy: { ...replica, ReadReplicaSourceDBInstanceIdentifier: 'arn:aws:rds:eu-west-1:123456789012:db:orders' },
        },
      },
    ],
    [
      'it is no replica at all',
      `copy.${ZONE}`,
      { value: adminAt(WRITER), instances: { copy: { Endpoint: { Address: `copy.${ZONE}` } } } },
    ],
    ['it reads another cluster', READER, { value: adminAt(`invoices.cluster-${ZONE}`), clusters: { orders: cluster } }],
    [
      'the reader endpoint is another',
      `orders.cluster-ro-xyz789.eu-central-1.rds.amazonaws.com`,
      { value: adminAt(CLUSTER), clusters: { orders: cluster } },
    ],
  ])('%s: identity-mismatch, before the login is used', async (_, host, world) => {
    const { code, message } = await refusal(secretAt(host), world)
    expect([code, message]).toEqual(['identity-mismatch', expect.stringContaining('was not used')])
  })
})

describe('another host, and RDS does not say', () => {
  test.each(['access-denied', 'store-unavailable'] as const)('%s: why it is asked is said', async code => {
    const { secrets } = sources({ value: adminAt(WRITER) })
    const asking = () => Promise.reject(new RotationError(code, 'RDS says nothing.', { next: 'Ask again.' }))
    const rds = { instance: asking, cluster: asking }
    await expect(adminOf(secretAt('db.internal'), { secrets, rds }, call)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^The admin secret is for another host .* RDS says nothing\.$/),
      next: expect.stringMatching(/the secret's own host.* Ask again\.$/),
    })
  })

  test('interrupted: that, and nothing else', async () => {
    const { secrets } = sources({ value: adminAt(WRITER) })
    const asking = () => Promise.reject(new RotationError('aborted', 'The run was interrupted.'))
    const asked = adminOf(secretAt('db.internal'), { secrets, rds: { instance: asking, cluster: asking } }, call)
    await expect(asked).rejects.toMatchObject({ code: 'aborted', message: 'The run was interrupted.' })
  })
})

describe('managed by RDS: exactly username and password', () => {
  const arn = 'arn:aws:rds:eu-central-1:123456789012:db:orders'
  const clusterArn = 'arn:aws:rds:eu-central-1:123456789012:cluster:orders'

  test('for an instance', async () => {
    const world = sources({
      value: login,
      tags: { 'aws:rds:primaryDBInstanceArn': arn, other: 'x' },
      instances: { [arn]: { Engine: 'postgres', Endpoint: { Address: WRITER, Port: 5432 } } },
    })
    expect(await adminOf(secretAt(WRITER), world, call)).toMatchObject({ host: WRITER, port: 5432, sameHost: true })
    expect(world.asked).toEqual([`value ${admin}`, `tags ${admin}`, `instance ${arn}`])
  })

  test('for a cluster, and the secret for its reader endpoint', async () => {
    const cluster = { Engine: 'aurora-postgresql', Endpoint: CLUSTER, ReaderEndpoint: READER, Port: 5432 }
    const world = sources({
      value: login,
      tags: { 'aws:rds:primaryDBClusterArn': clusterArn },
      clusters: { [clusterArn]: cluster, orders: cluster },
    })
    expect(await adminOf(secretAt(READER), world, call)).toMatchObject({ host: CLUSTER, sameHost: false })
  })

  test.each<[string, string, Partial<World>]>([
    ['no tag', 'no tag', { tags: { Name: 'admin' } }],
    ['two tags', 'one database', { tags: { 'aws:rds:primaryDBInstanceArn': arn, 'aws:rds:primaryDBClusterArn': arn } }],
    ['no ARN', 'one database', { tags: { 'aws:rds:primaryDBInstanceArn': 'orders' } }],
    ['too long', 'one database', { tags: { 'aws:rds:primaryDBInstanceArn': arn.padEnd(257, 'x') } }],
    ['gone', 'is gone', { tags: { 'aws:rds:primaryDBInstanceArn': arn } }],
    [
      'being made',
      'no endpoint',
      { tags: { 'aws:rds:primaryDBInstanceArn': arn }, instances: { [arn]: { Engine: 'postgres' } } },
    ],
    [
      'MySQL',
      'not PostgreSQL',
      {
        tags: { 'aws:rds:primaryDBInstanceArn': arn },
        instances: { [arn]: { Engine: 'mysql', Endpoint: { Address: WRITER, Port: 3306 } } },
      },
    ],
  ])('%s: value-unsuitable', async (_, says, world) => {
    const { code, message } = await refusal(secretAt(WRITER), { value: login, ...world })
    expect([code, message]).toEqual(['value-unsuitable', expect.stringContaining(says)])
  })
})

describe('of another engine than PostgreSQL', () => {
  const arn = 'arn:aws:rds:eu-central-1:123456789012:db:orders'
  const managed = (Engine: string) => ({
    value: login,
    tags: { 'aws:rds:primaryDBInstanceArn': arn },
    instances: { [arn]: { Engine, Endpoint: { Address: WRITER, Port: 3306 } } },
  })

  test.each([
    ['mysql', 'mysql'],
    ['mysql', 'aurora-mysql'],
    ['mariadb', 'mariadb'],
  ] as const)('%s, managed by RDS as %s', async (engine, called) => {
    const found = await adminOf(secretAt(WRITER, { engine, port: 3306 }), sources(managed(called)), call)
    expect(found).toMatchObject({ host: WRITER, port: 3306, sameHost: true })
  })

  test.each([
    ['mysql', 'mariadb'],
    ['mariadb', 'mysql'],
    ['mysql', 'something-new'],
  ] as const)('%s, and RDS says %s', async (engine, called) => {
    const { code } = await refusal(secretAt(WRITER, { engine, port: 3306 }), managed(called))
    expect(code).toBe('value-unsuitable')
  })

  test('MongoDB: the database of the admin is kept; another host is never a copy, and RDS is not asked', async () => {
    const secret = secretAt(WRITER, { engine: 'mongodb', port: 27_017, database: 'shop' })
    const value = adminAt(WRITER, { engine: 'mongo', dbname: 'people' })
    expect(await adminOf(secret, sources({ value }), call)).toMatchObject({ database: 'people', port: 27_017 })
    const world = sources({ value, clusters: { orders: { Endpoint: WRITER, ReaderEndpoint: READER } } })
    const reader = { ...secret, host: READER }
    await expect(adminOf(reader, world, call)).rejects.toMatchObject({ code: 'identity-mismatch' })
    expect(world.asked).toEqual([`value ${admin}`])
  })
})

describe('an admin secret that is not understood', () => {
  test.each([
    ['not JSON', 'Canary {', 'value-unsuitable'],
    ['another engine', adminAt(WRITER, { engine: 'mysql' }), 'value-unsuitable'],
    ['no host', { ...login, engine: 'postgres' }, 'value-unsuitable'],
    ['no username', { ...adminAt(WRITER), username: undefined }, 'value-unsuitable'],
    ['an empty password', { ...adminAt(WRITER), password: '' }, 'value-unsuitable'],
  ])('%s', async (_, value, code) => {
    expect((await refusal(secretAt(WRITER), { value })).code).toBe(code)
  })

  test('none is named', async () => {
    const { code, next } = await refusal(secretAt(WRITER, { admin: undefined }), { value: {} })
    expect([code, next]).toEqual(['permission-missing', expect.stringContaining('masterarn')])
  })
})
