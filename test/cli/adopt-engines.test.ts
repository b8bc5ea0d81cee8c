/**
 * `lockstep adopt --from aws` for the templates of MySQL, MariaDB and MongoDB: the target that each becomes. Planted: a database for
 * MongoDB's endpoint; the recommendation written as the strategy; the port of PostgreSQL taken for granted: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { REGION, secretsManager } from './aws.ts'
import { projects } from './support.ts'

const project = projects()
const fake = secretsManager()
const MASTER = `arn:aws:secretsmanager:${REGION}:123456789012:secret:db-admin-AbCdEf`
const lambda = (name: string) => `arn:aws:lambda:${REGION}:123456789012:function:SecretsManager${name}`
let count = 0

function adoption(secrets: readonly (readonly [by: string, value: object])[]) {
  const prefix = `e${++count}/`
  secrets.forEach(([by, value], i) => {
    const text = JSON.stringify({ host: `db${i}.example`, username: 'shop', password: 'Canary', ...value })
    fake().service.createSecret({ name: `${prefix}s${i}`, value: text, rotation: { lambdaArn: lambda(by) } })
  })
  const here = project()
  const at = ['--region', REGION, '--endpoint', fake().endpoint, '--prefix', prefix]
  const run = (...more: string[]) => here.ok(['adopt', '--from', 'aws', ...at, ...more])
  const file = () => loadConfig(here.read('lockstep.yml'), { fileName: here.at('lockstep.yml') })
  return { here, run, file, secret: (i: number) => file().secrets.get(`${prefix}s${i}`) }
}

describe('with values', () => {
  test('MySQL and MariaDB: what the template does, and the better choice said beside it', async () => {
    const { here, run, secret } = adoption([
      ['RDSMySQLRotationSingleUser', { engine: 'mysql', dbname: 'orders', port: '3307' }],
      ['RDSMySQLRotationMultiUser', { engine: 'aurora-mysql', masterarn: MASTER, username: 'shop_clone' }],
      ['RDSMariaDBRotationSingleUser', { engine: 'mariadb', ssl: false }],
      ['RDSMariaDBRotationMultiUser', { engine: 'mariadb', masterarn: MASTER, dbname: '' }],
    ])
    await run('--read-values')
    expect(secret(0)).toMatchObject({
      strategy: 'single-user',
      target: { kind: 'mysql', endpoints: [{ port: 3307, database: 'orders' }], tls: { mode: 'verify-full' } },
    })
    expect(secret(1)).toMatchObject({
      strategy: 'alternating-users',
      users: ['shop', 'shop_clone'],
      target: { kind: 'mysql', admin: { id: MASTER }, endpoints: [{ port: 3306 }] },
    })
    expect(here.read('lockstep.yml').match(/database:/g)).toHaveLength(1)
    expect(secret(2)).toMatchObject({ strategy: 'single-user', target: { kind: 'mariadb', tls: { mode: 'disable' } } })
    expect(secret(3)).toMatchObject({ strategy: 'alternating-users', target: { kind: 'mariadb' } })
    const parts = here.read('lockstep.yml').split(/^ {2}e\d+\//m)
    expect(parts[1]).toMatch(/Recommended instead: dual-password, on MySQL 8\.0\.14 .*APPLICATION_PASSWORD_ADMIN/)
    expect(parts[1]).toContain('LOCKSTEP_STRATEGY=dual-password')
    expect(here.read('lockstep.yml').match(/Recommended instead/g)).toHaveLength(2)
    expect(here.read('lockstep.yml')).toMatch(/Recommended instead: dual-password, with an admin: masterarn/)
    expect(here.read('lockstep.yml')).not.toContain('Canary')
    await here.ok(['check'])
  })

  test('MongoDB and DocumentDB: the database is where the user is', async () => {
    const docdb = 'orders.cluster-abc.eu-central-1.docdb.amazonaws.com'
    const { here, run, secret } = adoption([
      ['MongoDBRotationSingleUser', { engine: 'mongo', host: docdb, ssl: true }],
      ['MongoDBRotationMultiUser', { engine: 'mongo', dbname: 'shop', ssl: 'false', masterarn: MASTER }],
    ])
    await run('--read-values')
    expect(secret(0)).toMatchObject({
      strategy: 'single-user',
      target: { kind: 'mongodb', authSource: 'admin', plaintext: false, endpoints: [{ host: docdb, port: 27_017 }] },
    })
    expect(here.read('lockstep.yml')).toContain('ca: ./global-bundle.pem')
    expect(secret(1)).toMatchObject({
      strategy: 'alternating-users',
      target: { kind: 'mongodb', authSource: 'shop', plaintext: true, tls: { mode: 'disable' }, admin: { id: MASTER } },
    })
    await here.ok(['check'])
  })

  test('one login of one server in two secrets of one engine is one too many; of two engines it is two logins', async () => {
    const host = 'same.example'
    const { file, run } = adoption([
      ['RDSMySQLRotationSingleUser', { engine: 'mysql', host }],
      ['RDSMySQLRotationSingleUser', { engine: 'mysql', host, port: 3306 }],
      ['MongoDBRotationSingleUser', { engine: 'mongo', host }],
    ])
    const { stdout } = await run('--read-values')
    expect(stdout).toContain('one of them has to go')
    expect([...file().secrets.values()].map(({ target }) => target.kind)).toEqual(['mysql', 'mongodb'])
  })
})

test('without values: only the host is open where no database is needed', async () => {
  const { here, run } = adoption([
    ['RDSMySQLRotationSingleUser', {}],
    ['MongoDBRotationSingleUser', {}],
  ])
  await run()
  const text = here.read('lockstep.yml')
  expect(text.match(/FILL IN/g)).toHaveLength(2)
  expect(text).not.toMatch(/database:|authSource:/)
})

test.each(['RDSOracleRotationSingleUser', 'RDSSQLServerRotationMultiUser', 'ElasticacheUserRotation'])(
  '%s stays with its function, and says why',
  async by => {
    const { run } = adoption([[by, {}]])
    expect((await run()).stdout).toMatch(/is not yet supported here: stays with its function/)
  },
)
