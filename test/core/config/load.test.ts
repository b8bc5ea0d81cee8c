import { describe, expect, it } from 'vitest'
import { exampleConfig } from '../../../core/config/example.ts'
import { defaultPolicy } from '../../../core/secret/generate.ts'
import { defaultFields } from '../../../core/secret/shape-json.ts'
import { alternating, complaints, FILE, file, load, loadSecret, postgres, problems, single } from './support.ts'

const MINUTE = 60_000
const DAY = 86_400_000

describe('the example that init writes', () => {
  it('loads', () => {
    const config = load(exampleConfig)
    expect([...config.secrets.keys()]).toEqual(['orders-db'])
    expect(config.stores.get('local')).toEqual({
      kind: 'local',
      file: '/etc/lockstep/.lockstep/store.db',
      key: { file: '/etc/lockstep/.lockstep/store.key' },
    })
  })

  it('loads with every suggestion that it holds in comments', () => {
    const everything = exampleConfig.replaceAll(/^( *)# (?!yaml)(?= *(?:- \{|[\w-]+:(?: |$)))/gm, '$1')
    expect(everything.match(/^ *# .*/gm)?.filter(comment => comment.includes('{'))).toEqual([])
    const config = load(everything, 'prod')
    expect(config).toMatchObject({
      deployment: 'prod',
      environments: ['prod'],
      audit: [{ kind: 'file' }, { kind: 'stderr' }],
    })
    expect(config.secrets.get('orders-db')).toMatchObject({
      window: { timezone: 'Europe/Berlin' },
      password: { exclude: 'O0lI1' },
      target: { endpoints: [{ host: 'db.example.com' }] },
    })
  })
})

describe('what is so if nothing is said', () => {
  it('for a secret', () => {
    expect(loadSecret(single())).toEqual({
      name: 'orders',
      store: 'local',
      id: 'orders',
      strategy: 'single-user',
      target: {
        kind: 'postgres',
        endpoints: [{ name: 'db.example:5432', host: 'db.example', port: 5432, database: 'orders', role: 'writer' }],
        tls: { mode: 'verify-full', ca: undefined, servername: undefined },
        admin: undefined,
        ownerRole: undefined,
        probes: [],
        adopt: false,
        hash: 'scram-sha-256',
      },
      user: undefined,
      users: undefined,
      value: { format: 'json', fields: defaultFields },
      password: defaultPolicy,
      interval: 30 * DAY,
      window: undefined,
      grace: DAY,
      consumers: [],
      settle: 0,
      replicaLag: 10_000,
      runLife: 15 * MINUTE,
      retryBudget: 5,
      idleSessions: 'keep',
      acceptGap: [],
      followers: [],
      manual: false,
      propagation: 0,
    })
  })

  it('for the file', () => {
    const { stores: _, secrets: __, ...rest } = load(file())
    expect(rest).toEqual({
      fileName: FILE,
      deployment: 'default',
      environment: undefined,
      environments: [],
      fingerprintKey: undefined,
      audit: [],
    })
  })
})

describe('what is said', () => {
  it('a secret goes before defaults, key by key within password', () => {
    const defaults = { interval: '7d', grace: '1h', password: { length: 40, exclude: 'x' }, retryBudget: 2 }
    expect(loadSecret(single({ grace: '2h', password: { length: 24 } }), { defaults })).toMatchObject({
      interval: 7 * DAY,
      grace: 120 * MINUTE,
      password: { ...defaultPolicy, length: 24, exclude: 'x' },
      retryBudget: 2,
    })
  })

  it('never is no interval', () => {
    expect(loadSecret(single({ interval: 'never' })).interval).toBeUndefined()
    expect(loadSecret(single({ interval: 'never' }), { defaults: { interval: '7d' } }).interval).toBeUndefined()
  })

  it('windows and consumers', () => {
    const consumers = [
      { kind: 'lambda', refresh: '5m' },
      { name: 'edge', kind: 'vm', refresh: '1h', connectRetry: '2m' },
    ]
    expect(loadSecret(single({ window: { cron: '0 2 * * *', duration: '2h' }, consumers }))).toMatchObject({
      window: { cron: '0 2 * * *', duration: 120 * MINUTE, timezone: 'UTC' },
      consumers: [
        { name: 'lambda', kind: 'lambda', refresh: 5 * MINUTE, connectRetry: 30_000 },
        { name: 'edge', kind: 'vm', refresh: 60 * MINUTE, connectRetry: 2 * MINUTE },
      ],
    })
  })

  it('a grace that would break a consumer loads: it is for the plan to refuse, and to say who', () => {
    expect(loadSecret(single({ grace: '1m', consumers: [{ kind: 'vm', refresh: '1h' }] })).grace).toBe(MINUTE)
  })

  it('paths count from the folder of the file, absolute ones stay', () => {
    const config = load(
      file({
        fingerprintKey: { file: '../keys/fp' },
        audit: [{ kind: 'file', file: '/var/log/audit.jsonl' }, { kind: 'stdout' }],
        secrets: {
          a: single({ target: postgres({ tls: { ca: 'ca.pem' } }) }),
          b: single({ target: { kind: 'module', module: './mine.mjs', options: { x: [1, { y: null }] } } }),
        },
      }),
    )
    expect(config).toMatchObject({
      fingerprintKey: { file: '/etc/keys/fp' },
      audit: [{ kind: 'file', file: '/var/log/audit.jsonl' }, { kind: 'stdout' }],
    })
    expect(config.secrets.get('a')?.target).toMatchObject({ tls: { mode: 'verify-full', ca: '/etc/lockstep/ca.pem' } })
    expect(config.secrets.get('b')?.target).toEqual({
      kind: 'module',
      module: '/etc/lockstep/mine.mjs',
      options: { x: [1, { y: null }] },
    })
  })

  it('an admin of this file brings its store, name, shape and login', () => {
    const admin = single({ id: 'pg/root', user: 'postgres', value: { format: 'password' } })
    const secrets = { orders: single({ target: postgres({ admin: { secret: 'root' } }) }), root: admin }
    expect(load(file({ secrets })).secrets.get('orders')?.target).toMatchObject({
      admin: { secret: 'root', store: 'local', id: 'pg/root', value: { format: 'password' }, user: 'postgres' },
    })
  })

  it('an admin that is only in the store says them itself', () => {
    const admin = { id: 'root', value: { format: 'url' }, user: 'postgres' }
    expect(loadSecret(single({ target: postgres({ admin }) })).target).toMatchObject({
      admin: { secret: undefined, store: 'local', ...admin },
    })
  })

  it('names that objects have by birth are names like others', () => {
    const config = load(file({ secrets: { constructor: single(), toString: alternating() } }))
    expect([...config.secrets.keys()]).toEqual(['constructor', 'toString'])
    expect(complaints(file({ secrets: { a: single({ store: 'constructor' }) } }))).toEqual([
      'secrets.a.store: no such store under stores',
    ])
  })

  it('anchors may be used, and numbers as names', () => {
    const text = `version: 1
stores: { local: { kind: local, file: s, key: &k { env: KEY } } }
fingerprintKey: *k
secrets: { 2024: { strategy: single-user, target: { kind: postgres, endpoints: [{ host: h, database: d }] } } }
`
    expect([...load(text).secrets.keys()]).toEqual(['2024'])
    expect(load(text).fingerprintKey).toEqual({ env: 'KEY' })
  })
})

describe('places', () => {
  const text = `version: 1
stores:
  local: { kind: local, file: s.db, key: { env: KEY } }
secrets:
  orders:
    stroe: local
    strategy: single-users
    grace: 30
    target:
      kind: postgres
      endpoints:
        - { host: h, prot: 5432 }
`

  it('every problem stands with line, column, path, what was expected, and the nearest word', () => {
    expect(problems(() => load(text))).toEqual([
      "6:5 secrets.orders.stroe: unknown key; did you mean 'store'?",
      "7:15 secrets.orders.strategy: expected one of single-user, alternating-users, dual-password, issue-then-revoke, overlapping-keys; did you mean 'single-user'?",
      '8:12 secrets.orders.grace: expected a duration such as 90s, 15m, 1h30m or 30d',
      '12:11 secrets.orders.target.endpoints[0].database: is missing; expected a text of one line that is not empty',
      "12:22 secrets.orders.target.endpoints[0].prot: unknown key; did you mean 'port'?",
    ])
  })

  it('in an environment, where the environment says it', () => {
    const fixed = `${text.replace('stroe', 'store').replace('single-users', 'single-user').replace('30\n', '30s\n').replace('prot: 5432', 'database: d')}environments:
  prod:
    secrets:
      orders:
        grace: soon
        window: { cron: x, duration: 1h }
`
    expect(load(fixed).environments).toEqual(['prod'])
    expect(problems(() => load(fixed, 'prod'))).toEqual([
      '17:16 secrets.orders.grace: expected a duration such as 90s, 15m, 1h30m or 30d',
    ])
    const eu = `${fixed}  eu: { extends: prod, secrets: { orders: { grace: later } } }\n`
    expect(problems(() => load(eu, 'eu'))).toEqual([
      '19:52 secrets.orders.grace: expected a duration such as 90s, 15m, 1h30m or 30d',
    ])
    expect(problems(() => load(fixed.replace('soon', '1m'), 'prod'))).toEqual([
      '18:25 secrets.orders.window.cron: is no cron expression of five fields: minute, hour, day, month, weekday',
    ])
  })
})
