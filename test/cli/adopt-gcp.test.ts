/**
 * `lockstep adopt --from gcp` against our fake of Secret Manager: what it recommends, what it writes, and that it changes nothing.
 */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { CALLER, secretManager } from './gcp.ts'
import { DAY, HOUR, type Project, projects } from './support.ts'

const project = projects()
const fake = secretManager()
const CANARY = 'Adopted/canary-9'
const json = (more: object = {}) =>
  JSON.stringify({ username: 'app', password: CANARY, host: 'db.example', port: 5433, dbname: 'orders', ...more })
const url = `postgres://app:${encodeURIComponent(CANARY)}@url.example/shop`

let count = 0
const prefixes = () => `t${++count}-`

const adopt = (prefix: string, ...more: string[]) => [
  ...['adopt', '--from', 'gcp', '--project', fake().projectId, '--endpoint', `${fake().host}:${fake().port}`],
  ...['--prefix', prefix, ...more],
]
const fileOf = (here: Project) => loadConfig(here.read('lockstep.yml'), { fileName: here.at('lockstep.yml') })

/** A topic that the service may publish to. */
const rotation = { nextAt: Date.now() + DAY, periodMs: 30 * DAY }
const topic = () => `projects/${fake().projectId}/topics/rotate`

describe('recommends', () => {
  test('latest where there is no alias, from the schedule; what nothing asks for is not shown', async () => {
    const prefix = prefixes()
    fake().service.createSecret({ id: `${prefix}a`, value: json(), topics: [topic()], rotation })
    fake().service.createSecret({ id: `${prefix}b`, value: json() })
    fake().service.createSecret({ id: `${prefix}a-lockstep-pending`, value: 'x' })
    const here = project()
    const { data } = await here.json(adopt(prefix))
    expect(data).toMatchObject({
      from: 'gcp',
      not_shown: 1,
      secrets: [
        {
          name: `${prefix}a`,
          becomes: 'single-user',
          read_by: 'latest',
          interval: '30d',
          notes: ['reminder every 30d to rotate: whoever acts on it has to stop'],
          fill_in: ['host', 'database'],
        },
      ],
    })
    expect(here.read('lockstep.yml')).toContain('host: # FILL IN')
    const checked = await here.main(['check'])
    expect(checked.code).toBe(2)
    expect(checked.stderr).toMatch(/endpoints\[0\]\.host: .*\n.*database: /)
  })

  test('an alias that is there, and asks; nobody there: both are said, and left open', async () => {
    const prefix = prefixes()
    fake().service.createSecret({ id: `${prefix}a`, value: json(), aliases: ['previous', 'live'] })
    const here = project()
    const { data } = await here.json(adopt(prefix, '--read-values'))
    expect(data.secrets).toMatchObject([{ read_by: 'live', asked: false, fill_in: ['readBy'] }])
    expect(here.read('lockstep.yml')).toContain(
      'Recommended, because the alias is there: { alias: live, previous: previous }',
    )
    expect((await here.main(['check'])).stderr).toMatch(/stores\.gcp-live-previous-or-latest\.readBy: /)

    const asked = await here.ok(adopt(prefix, '--read-values', '--force'), {
      terminal: true,
      input: 'nonsense\nlatest\n',
    })
    expect(asked.stderr.match(/What do its consumers read\?/g)).toHaveLength(2)
    expect(asked.stderr).toContain('has the aliases live = 1, previous = 1')
    expect(fileOf(here).stores.get('gcp')).toMatchObject({ readBy: 'latest' })

    await here.ok(adopt(prefix, '--read-values', '--force'), { terminal: true, input: '\n' })
    expect(fileOf(here).stores.get('gcp-live-previous')).toMatchObject({
      readBy: { alias: 'live', previous: 'previous' },
    })
  })

  test('what is said for all: an alias that a secret does not have leaves it alone', async () => {
    const prefix = prefixes()
    fake().service.createSecret({ id: `${prefix}a`, value: json(), aliases: ['current'] })
    fake().service.createSecret({ id: `${prefix}b`, value: url, topics: [topic()], rotation })
    const here = project()
    const { data } = await here.json(adopt(prefix, '--read-values', '--read-by', 'current'))
    expect(data.secrets).toMatchObject([
      { becomes: 'single-user', read_by: 'current' },
      { becomes: 'stays', reason: 'no version has the alias current' },
    ])
  })
})

describe('writes', () => {
  test('a complete lockstep.yml from values, several ways of reading in one file, and no password', async () => {
    const prefix = prefixes()
    fake().service.createSecret({ id: `${prefix}json`, value: json(), aliases: ['current'] })
    fake().service.createSecret({
      id: `${prefix}url`,
      value: url,
      topics: [topic()],
      rotation: { ...rotation, periodMs: HOUR },
    })
    fake().service.createSecret({ id: `${prefix}other`, value: 'not a login', topics: [topic()], rotation })
    fake().service.createSecret({ id: `${prefix}mysql`, value: json({ engine: 'mysql' }) })
    const here = project()
    const ran = await here.ok(adopt(prefix, '--read-values'), { terminal: true, input: 'current\n' })
    const { stores, secrets, audit } = fileOf(here)
    expect([...stores.keys()].sort()).toEqual(['gcp', 'gcp-current'])
    expect(audit).toHaveLength(1)
    expect(secrets.get(`${prefix}json`)).toMatchObject({
      store: 'gcp-current',
      value: { format: 'json' },
      target: { endpoints: [{ host: 'db.example', port: 5433, database: 'orders' }], tls: { mode: 'verify-full' } },
    })
    expect(secrets.get(`${prefix}url`)).toMatchObject({
      store: 'gcp',
      value: { format: 'url' },
      interval: 5 * HOUR,
      target: { endpoints: [{ host: 'url.example', database: 'shop' }] },
    })
    expect(ran.stdout).toMatch(/other .*stays.* its value is no login of PostgreSQL/)
    expect(ran.stdout).toContain('not shown: 1, no login of PostgreSQL')
    expect(here.read('lockstep.yml') + here.printed).not.toContain(CANARY)
    expect(here.printed).not.toContain(encodeURIComponent(CANARY))
    expect((await here.ok(['check'])).stdout).toContain('2 secrets')
  })

  test('a file that is there is not replaced, and nothing is listed for it', async () => {
    const here = project()
    here.write('lockstep.yml', 'mine')
    const ran = await here.main(adopt('x'))
    expect(ran.code).toBe(4)
    expect(here.read('lockstep.yml')).toBe('mine')
    expect(fake().calls.count()).toBe(0)
  })

  test('a name that is too long for the secret beside it stays, with the reason', async () => {
    const prefix = `${prefixes()}${'x'.repeat(236)}`
    fake().service.createSecret({ id: `${prefix}-long`, value: json(), topics: [topic()], rotation })
    const { data } = await project().json(adopt(prefix, '--out', '-'))
    expect(data.secrets).toMatchObject([{ becomes: 'stays', reason: expect.stringContaining('is too long') }])
  })
})

test('changes nothing: only Get, Access and List are sent, also when values are read', async () => {
  const prefix = prefixes()
  fake().service.createSecret({ id: `${prefix}a`, value: json(), aliases: ['current'], topics: [topic()], rotation })
  fake().service.createSecret({ id: `${prefix}b`, value: json() })
  const before = JSON.stringify([`${prefix}a`, `${prefix}b`].map(id => fake().service.peek(id)))
  fake().calls.reset()
  await project().ok(adopt(prefix, '--read-values'), { terminal: true, input: '\n' })
  expect([...new Set(fake().calls.list.map(({ op }) => op))].filter(op => !/^(Get|Access|List)/.test(op))).toEqual([])
  expect(fake().calls.count('ListSecrets')).toBe(1)
  expect(JSON.stringify([`${prefix}a`, `${prefix}b`].map(id => fake().service.peek(id)))).toBe(before)
})

test('what Google Cloud rotates itself is left alone, and not read', async () => {
  const prefix = prefixes()
  fake().service.createSecret({ id: `${prefix}a`, value: json(), managed: 'ACTIVE' })
  fake().service.createSecret({ id: `${prefix}b`, value: json(), secretType: 'CLOUD_SQL_DB_CREDENTIALS' })
  const here = project()
  const { data } = await here.json(adopt(prefix, '--read-values'))
  expect(data.secrets).toMatchObject([
    { becomes: 'stays', reason: expect.stringContaining('left alone: Secret Manager rotates it itself') },
    { becomes: 'stays', reason: expect.stringContaining('left alone: its type is') },
  ])
  expect(fake().calls.count('AccessSecretVersion')).toBe(0)
  expect(data.out).toBeNull()
})

test('no permission, no project, a value that may not be read', async () => {
  const prefix = prefixes()
  fake().service.createSecret({ id: `${prefix}a`, value: json() })
  fake().permissions.denyAction(CALLER, 'secretmanager.versions.access')
  const { data } = await project().json(adopt(prefix, '--read-values'))
  expect(data.secrets).toMatchObject([{ becomes: 'stays', reason: 'its value may not be read' }])
  fake().permissions.denyAction(CALLER, 'secretmanager.secrets.list')
  const denied = await project().main(adopt(prefix))
  expect(denied.code).toBe(4)
  expect(denied.stderr).toContain('secretmanager.secrets.list is not allowed')
  const lost = await project().main(['adopt', '--from', 'gcp'])
  expect(lost.code).toBe(2)
  expect(lost.stderr).toContain('--project, or set GOOGLE_CLOUD_PROJECT')
})
