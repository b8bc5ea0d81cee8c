/**
 * `lockstep adopt --from aws` against our fake of Secrets Manager: what it recognises, what it writes, and that it changes nothing.
 */
import { describe, expect, test } from 'vitest'
import { configName } from '../../cli/adopt/name.ts'
import { functionName, templateOfFunction } from '../../cli/adopt/templates.ts'
import { loadConfig } from '../../core/config/load.ts'
import { KEY, REGION, secretsManager } from './aws.ts'
import { type Project, projects } from './support.ts'

const project = projects()
const fake = secretsManager()

const lambda = (name: string) => `arn:aws:lambda:${REGION}:123456789012:function:${name}`
const SINGLE = lambda('SecretsManagerRDSPostgreSQLRotationSingleUser')
const MASTER = `arn:aws:secretsmanager:${REGION}:123456789012:secret:pg-admin-AbCdEf`
const CANARY = 'Adopted/canary-9'
let count = 0

interface Kept {
  readonly name?: string
  readonly value?: object | string
  readonly by?: string
  readonly rules?: object
  readonly more?: object
}

/** A secret under a prefix of this test alone. */
function keep(prefix: string, { name = 'db', value = {}, by = SINGLE, rules, more }: Kept): string {
  const documented = { engine: 'postgres', host: `db${++count}.example`, port: 5432, username: 'app', password: CANARY }
  const text = typeof value === 'string' ? value : JSON.stringify({ ...documented, dbname: 'orders', ...value })
  const rotation = { lambdaArn: by, ...(rules && { rules: rules as never }) }
  return fake().service.createSecret({ name: `${prefix}${name}`, value: text, rotation, ...more }).arn
}

const adopt = (prefix: string, ...more: string[]) => [
  ...['adopt', '--from', 'aws', '--region', REGION, '--endpoint', fake().endpoint, '--prefix', prefix],
  ...more,
]
const fileOf = (here: Project, name = 'lockstep.yml') => loadConfig(here.read(name), { fileName: here.at(name) })
const prefixes = () => `t${++count}/`

describe('recognises', () => {
  test.each([
    ['SecretsManagerRDSPostgreSQLRotationSingleUser', 'PostgreSQL single-user'],
    ['serverlessrepo-app-SecretsManagerRDSPostgreSQLRotationMultiUser-1AB2', 'PostgreSQL multi-user'],
    ['my-stack-PostgreSQLSingleUser-Lambda', 'PostgreSQL single-user'],
    ['SecretsManagerRDSMySQLRotationMultiUser', 'MySQL multi-user'],
    ['SecretsManagerRDSSQLServerRotationSingleUser', 'SQL Server single-user'],
    ['SecretsManagerMongoDBRotationMultiUser', 'MongoDB multi-user'],
    ['SecretsManagerElasticacheUserRotation', 'ElastiCache single-user'],
    ['SecretsManagerActiveDirectoryAndKeytabRotationSingleUser', 'Active Directory single-user'],
    ['SecretsManagerRotationTemplate', 'generic single-user'],
    ['rotate-orders', undefined],
    ['postgres', undefined],
    ['SecretsManagerRDSPostgreS-4711', undefined],
  ])('%s', (name, expected) => {
    const found = templateOfFunction(`${lambda(name)}:$LATEST`)
    expect(functionName(`${lambda(name)}:$LATEST`)).toBe(name)
    expect(found && `${found.engine} ${found.users}`).toBe(expected)
  })

  test('by the value where the name says nothing, and only if it may be read', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'a', by: lambda('hosted-1') })
    keep(prefix, { name: 'b', by: lambda('hosted-1'), value: { masterarn: MASTER } })
    keep(prefix, { name: 'c', by: lambda('hosted-2'), value: { engine: 'db2' } })
    keep(prefix, { name: 'd', by: lambda('own'), value: 'not json' })
    const here = project()
    const blind = await here.json(adopt(prefix))
    expect(fake().calls.count('GetSecretValue')).toBe(0)
    expect(blind.data.functions.flatMap((group: { secrets: object[] }) => group.secrets)).toMatchObject(
      Array.from({ length: 4 }, () => ({ becomes: 'stays', reason: expect.stringContaining('--read-values') })),
    )
    const { data } = await here.json(adopt(prefix, '--read-values'))
    expect(data.functions).toMatchObject([
      { function: lambda('hosted-1'), secrets: [{ becomes: 'single-user' }, { becomes: 'alternating-users' }] },
      { function: lambda('hosted-2'), secrets: [{ becomes: 'stays', reason: expect.stringContaining('Db2') }] },
      { function: lambda('own'), secrets: [{ becomes: 'stays', reason: expect.stringContaining('format') }] },
    ])
  })
})

describe('writes', () => {
  test('a complete lockstep.yml from values: every key as the template has it, and no password', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'single', value: { port: '5433', ssl: true }, rules: { AutomaticallyAfterDays: 30 } })
    keep(prefix, {
      name: 'multi',
      by: lambda('hosted'),
      value: { username: 'shop_clone', masterarn: MASTER, dbname: undefined, ssl: 'false' },
      rules: { ScheduleExpression: 'rate(4 hours)' },
    })
    const here = project()
    const ran = await here.ok(adopt(prefix, '--read-values'))
    expect(ran.stderr).toBe('Next: lockstep check --connect\n')
    const { stores, secrets, audit } = fileOf(here)
    expect(stores.get('aws')).toMatchObject({ kind: 'aws', region: REGION, endpoint: fake().endpoint })
    expect(audit).toHaveLength(1)
    expect(secrets.get(`${prefix}single`)).toMatchObject({
      strategy: 'single-user',
      interval: 30 * 86_400_000,
      target: { endpoints: [{ port: 5433, database: 'orders' }], tls: { mode: 'verify-full' } },
    })
    expect(secrets.get(`${prefix}multi`)).toMatchObject({
      strategy: 'alternating-users',
      users: ['shop', 'shop_clone'],
      interval: 4 * 3_600_000,
      grace: 2 * 3_600_000,
      target: { endpoints: [{ database: 'postgres' }], admin: { id: MASTER }, tls: { mode: 'disable' } },
    })
    expect(here.read('lockstep.yml') + here.printed).not.toContain(CANARY)
    expect((await here.ok(['check'])).stdout).toContain('2 secrets')
  })

  test('one login whose value names an admin: the function is to be told, for it goes by the value', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'one', value: { masterarn: MASTER } })
    keep(prefix, { name: 'two', value: { masterarn: MASTER }, by: lambda('PostgreSQLMultiUser') })
    const here = project()
    const { stdout } = await here.ok(adopt(prefix, '--read-values'))
    expect(stdout.match(/the function needs LOCKSTEP_STRATEGY=single-user/g)).toHaveLength(1)
    const [, one, two] = here.read('lockstep.yml').split(/^ {2}t\d+\//m)
    expect(one).toMatch(/LOCKSTEP_STRATEGY=single-user\n {4}strategy: single-user/)
    expect(two).not.toContain('LOCKSTEP_STRATEGY')
    await here.ok(['check'])
  })

  test('without values what it does not know is left open, and check names each place', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'a' })
    keep(prefix, { name: 'b', by: lambda('PostgreSQLMultiUser') })
    const here = project()
    const ran = await here.ok(adopt(prefix))
    expect(ran.stdout).toContain('FILL IN')
    expect(ran.stderr).toBe('Next: lockstep check\n')
    const checked = await here.main(['check'])
    expect(checked.code).toBe(2)
    for (const key of ['endpoints[0].host', 'endpoints[0].database', 'users', 'admin.id'])
      expect(checked.stderr).toContain(key)
    const filled = here
      .read('lockstep.yml')
      .replace(/users: # FILL IN.*/, 'users: [shop, shop_clone]')
      .replace(/id: # FILL IN.*/, `id: "${MASTER}"`)
      .replaceAll(/database: # FILL IN/g, 'database: orders')
      .replace(/host: # FILL IN/, 'host: one.example')
      .replace(/host: # FILL IN/, 'host: two.example')
    here.write('lockstep.yml', filled)
    await here.ok(['check'])
  })

  test('to stdout the file and nothing else; never over a file, unless forced', async () => {
    const prefix = prefixes()
    keep(prefix, {})
    const here = project()
    const printed = await here.ok(adopt(prefix, '--read-values', '--out', 'stdout'))
    expect(loadConfig(printed.stdout, { fileName: 'x' }).secrets.size).toBe(1)
    expect(printed.stderr).toContain('PostgreSQL single-user')
    expect((await here.json(adopt(prefix, '--read-values', '--out', '-'))).data.config).toBe(printed.stdout)
    here.write('lockstep.yml', 'mine')
    fake().calls.reset()
    const refused = await here.main(adopt(prefix))
    expect(refused.code).toBe(4)
    expect(refused.stderr).toMatch(/lockstep\.yml exists[\s\S]*--out/)
    expect(fake().calls.count()).toBe(0)
    expect(here.read('lockstep.yml')).toBe('mine')
    await here.ok(adopt(prefix, '--read-values', '--out', 'other.yml'))
    await here.ok(adopt(prefix, '--read-values', '--force'))
    expect(fileOf(here)).toMatchObject({ ...fileOf(here, 'other.yml'), fileName: here.at('lockstep.yml') })
  })

  test('names that lockstep.yml or the service would misread', async () => {
    const prefix = `=t${++count}/`
    keep(prefix, { name: 'a@b' })
    const arn = keep(prefix, { name: 'db-master' })
    const here = project()
    await here.ok(adopt(prefix, '--read-values'))
    const names = [...fileOf(here).secrets].map(([name, { id }]) => [name, id])
    expect(names).toEqual([
      [`t${count - 2}/a-b`, `${prefix}a@b`],
      [`t${count - 2}/db-master`, arn],
    ])
    expect((await here.ok(['check'])).stdout).not.toContain('like an ARN')
    expect(configName('a+b', new Set(['a-b']))).toBe('a-b-2')
    expect(configName('/', new Set())).toBe('secret-')
  })

  test('two secrets of one login: the second stays', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'a', value: { host: 'same.example' } })
    keep(prefix, { name: 'b', value: { host: 'SAME.example' } })
    const here = project()
    const { data } = await here.json(adopt(prefix, '--read-values'))
    const becomes = data.functions[0].secrets.map((secret: { becomes: string }) => secret.becomes)
    expect(becomes.sort()).toEqual(['single-user', 'stays'])
    await here.ok(['check'])
  })

  test('a value that no valid file could hold: that secret stays, the others do not', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'a', value: { host: 'two\nlines' } })
    keep(prefix, { name: 'b', value: { masterarn: 'not an arn of a secret!' }, by: lambda('hosted') })
    keep(prefix, { name: 'c' })
    const here = project()
    const { data } = await here.json(adopt(prefix, '--read-values'))
    expect(data.out).toBe('lockstep.yml')
    expect([...fileOf(here).secrets.keys()]).toEqual([`${prefix}c`])
  })
})

describe('changes nothing', () => {
  test('only lists, and reads what it is told to: by the call log, and by a look at every secret', async () => {
    const prefix = prefixes()
    for (let n = 0; n < 230; n++) keep(prefix, { name: `n${n}` })
    const before = fake().service.peek(`${prefix}n7`)
    const here = project()
    fake().permissions.grant(KEY, ['ListSecrets', 'GetSecretValue'])
    const { data } = await here.json(adopt(prefix))
    expect(data.functions[0].secrets).toHaveLength(230)
    expect(fake().calls.list.map(({ op }) => op)).toEqual(['ListSecrets', 'ListSecrets', 'ListSecrets'])
    await here.ok(adopt(prefix, '--read-values', '--force'))
    expect(new Set(fake().calls.list.map(({ op }) => op))).toEqual(new Set(['ListSecrets', 'GetSecretValue']))
    expect(fake().service.peek(`${prefix}n7`)).toEqual(before)
    expect(fake().service.events).toEqual([])
  })

  test('managed secrets and replicas are left alone, with the reason; none of them is read', async () => {
    const prefix = prefixes()
    keep(prefix, { name: 'rds', more: { owningService: 'rds', rotation: {} } })
    keep(prefix, { name: 'partner', value: 'x', more: { type: 'SnowflakePat', rotation: {} } })
    fake().service.createSecret({ name: `${prefix}plain`, value: 'x' })
    const here = project()
    const ran = await here.ok(adopt(prefix, '--read-values'))
    expect(ran.stdout).toContain('2 secrets with rotation')
    expect(ran.stdout).toContain('not shown: 1 without')
    for (const reason of ['owned and rotated by the AWS service rds', 'a managed external secret (SnowflakePat)'])
      expect(ran.stdout).toContain(reason)
    expect(ran.stdout).toContain('nothing was written')
    expect(() => here.read('lockstep.yml')).toThrow()
    expect(fake().calls.count('GetSecretValue')).toBe(0)
  })

  test('a replica is rotated where it comes from', async () => {
    const prefix = prefixes()
    const arn = keep(prefix, {})
    const client = fake().client()
    const { ReplicateSecretToRegionsCommand } = await import('@aws-sdk/client-secrets-manager')
    await client.send(
      new ReplicateSecretToRegionsCommand({ SecretId: arn, AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
    )
    client.destroy()
    const there = await fake().openRegion('eu-west-1')
    const here = project()
    const { stdout } = await here.ok([
      ...['adopt', '--from', 'aws', '--region', 'eu-west-1', '--endpoint', there.endpoint, '--prefix', prefix],
    ])
    expect(stdout).toContain(`a replica: it is rotated in ${REGION}`)
  })

  test('what is denied is named: the list as a whole, one value as its secret', async () => {
    const prefix = prefixes()
    const arn = keep(prefix, { name: 'a', by: lambda('hosted') })
    keep(prefix, { name: 'b', by: lambda('hosted') })
    const here = project()
    fake().permissions.denyAction(KEY, 'GetSecretValue', [arn])
    const { data } = await here.json(adopt(prefix, '--read-values'))
    const reasons = data.functions[0].secrets.map((secret: { reason?: string }) => secret.reason ?? 'adopted')
    expect(reasons.sort()).toEqual(['adopted', expect.stringContaining('GetSecretValue is not allowed')])
    fake().permissions.denyAction(KEY, 'ListSecrets')
    const ran = await here.main(adopt(prefix, '--force'))
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('secretsmanager:ListSecrets is not allowed')
  })

  test('says what is missing: the cloud, the region', async () => {
    const here = project()
    expect((await here.main(['adopt'])).stderr).toMatch(/--from/)
    expect((await here.main(['adopt', '--from', 'gcp'])).code).toBe(2)
    const ran = await here.run(['adopt', '--from', 'aws'])
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(/No AWS region is known[\s\S]*--region/)
  })
})
