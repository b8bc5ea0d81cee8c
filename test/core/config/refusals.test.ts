import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { engines } from '../../../core/config/engines.ts'
import { alternating, complaints, file, load, postgres, problems, single } from './support.ts'

type Data = Record<string, unknown>

const withSecret = (secret: Data): Data => file({ secrets: { orders: secret } })
const withTarget = (target: Data): Data => withSecret(single({ target: postgres(target) }))
const local = { kind: 'local', file: 's', key: { env: 'K' } }

describe('wrong keys', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing', '', ['expected a mapping that begins with `version: 1`']],
    ['a list', '- 1', ['expected a mapping that begins with `version: 1`']],
    ['no version', { ...file(), version: undefined }, ['version: is missing; expected 1']],
    ['another version', file({ version: 2 }), ['version: expected 1']],
    ['no secrets', { version: 1 }, ['secrets: is missing; expected a mapping']],
    ['a section without content', 'version: 1\nstores:\nsecrets: {}', ['stores: expected a mapping']],
    ['a misspelt section', file({ secret: {} }), ["secret: unknown key; did you mean 'secrets'?"]],
    ['a key that resembles nothing', file({ zzzzzz: 1 }), ['zzzzzz: unknown key']],
    [
      'a deployment',
      file({ deployment: 'Prod!' }),
      ['deployment: expected at most 40 lower-case letters, digits and -'],
    ],
    [
      'a name',
      file({ secrets: { '-x': single() } }),
      ['secrets.-x: expected a name of at most 128 letters, digits, and . _ / -, beginning with a letter or digit'],
    ],
    [
      'a kind of store',
      file({ stores: { a: { kind: 'locl' } } }),
      ["stores.a.kind: expected one of local, aws, gcp, azure; did you mean 'local'?"],
    ],
    [
      'no kind',
      withSecret(single({ target: { endpoints: [] } })),
      [`secrets.orders.target.kind: is missing; expected one of ${[...Object.keys(engines), 'module'].join(', ')}`],
    ],
    [
      'a key of another kind',
      withSecret(single({ value: { format: 'url', fields: {} } })),
      ['secrets.orders.value.fields: unknown key'],
    ],
    [
      'a key inside the right kind',
      withTarget({ tls: { mod: 'disable' } }),
      ["secrets.orders.target.tls.mod: unknown key; did you mean 'mode'?"],
    ],
    [
      'a mode',
      withTarget({ tls: { mode: 'verify' } }),
      ['secrets.orders.target.tls.mode: expected one of verify-full, verify-ca, require, disable'],
    ],
    [
      'a port',
      withTarget({ endpoints: [{ host: 'h', database: 'd', port: 65536 }] }),
      ['secrets.orders.target.endpoints[0].port: expected a port number from 1 to 65535'],
    ],
    [
      'a port as text',
      withTarget({ endpoints: [{ host: 'h', database: 'd', port: '5432' }] }),
      ['secrets.orders.target.endpoints[0].port: expected a port number from 1 to 65535'],
    ],
    ['no endpoint', withTarget({ endpoints: [] }), ['secrets.orders.target.endpoints: expected at least 1 entries']],
    ['yes instead of true', withSecret(single({ manual: 'yes' })), ['secrets.orders.manual: expected true or false']],
    [
      'an interval',
      withSecret(single({ interval: 'nevr' })),
      ['secrets.orders.interval: expected a duration such as 12h or 30d, or never'],
    ],
    [
      'three users',
      withSecret(alternating({ users: ['a', 'b', 'c'] })),
      ['secrets.orders.users: expected at most 2 entries'],
    ],
    ['a key from nowhere', file({ fingerprintKey: {} }), ['fingerprintKey: needs either file or env']],
    [
      'a key from two places',
      file({ fingerprintKey: { file: 'a', env: 'B' } }),
      ['fingerprintKey: needs either file or env'],
    ],
    [
      'a variable',
      file({ fingerprintKey: { env: 'A B' } }),
      ['fingerprintKey.env: expected the name of an environment variable'],
    ],
    [
      'a template',
      withSecret(single({ value: { format: 'template', template: '{user}:{password}' } })),
      [
        'secrets.orders.value.template: The template has a brace that belongs to none of {username}, {password}, {username:raw}, {password:raw}, {*}; a literal brace is {{ or }}.',
      ],
    ],
    [
      'an admin from two places',
      withTarget({ admin: { secret: 'a', id: 'b' } }),
      ['secrets.orders.target.admin: needs one of secret, id and token'],
    ],
    [
      'an admin of this file with a shape',
      withTarget({ admin: { secret: 'orders', user: 'x' } }),
      ['secrets.orders.target.admin: store, value and user go with id; a secret of this file brings its own'],
    ],
  ])('%s', (_, data, expected) => {
    expect(complaints(data)).toEqual(expected)
  })
})

describe('parts that do not fit together', () => {
  it.each<[string, unknown, string[]]>([
    [
      'a store that is not there',
      file({ stores: { local, other: local }, secrets: { a: single({ store: 'locl' }) } }),
      ["secrets.a.store: no such store under stores; did you mean 'local'?"],
    ],
    [
      'one of several stores',
      file({ stores: { local, other: local } }),
      ['secrets.orders.store: is missing; expected one of local, other'],
    ],
    ['no store at all', file({ stores: {} }), ['secrets.orders.store: no store is declared under stores']],
    [
      'alternating without users',
      withSecret(alternating({ users: undefined })),
      ['secrets.orders.users: is missing; alternating-users needs its two logins'],
    ],
    [
      'the same user twice',
      withSecret(alternating({ users: ['a', 'a'] })),
      ['secrets.orders.users: needs two different logins'],
    ],
    [
      'alternating with one user',
      withSecret(alternating({ user: 'a' })),
      ['secrets.orders.user: does not go with alternating-users; use users'],
    ],
    [
      'alternating in a bare password',
      withSecret(alternating({ value: { format: 'password' } })),
      ['secrets.orders.value: must hold the username: alternating-users changes it at every rotation'],
    ],
    [
      'alternating in a template without username',
      withSecret(alternating({ value: { format: 'template', template: '{password}' } })),
      ['secrets.orders.value: must hold the username: alternating-users changes it at every rotation'],
    ],
    [
      'single-user with two',
      withSecret(single({ users: ['a', 'b'] })),
      ['secrets.orders.users: does not go with single-user; it is for alternating-users'],
    ],
    [
      'a bare password of nobody',
      withSecret(single({ value: { format: 'password' } })),
      ['secrets.orders.user: is missing; the value does not name the login'],
    ],
    [
      'a strategy that PostgreSQL has not',
      withSecret(single({ strategy: 'dual-password' })),
      ['secrets.orders.strategy: is not possible on PostgreSQL; expected single-user or alternating-users'],
    ],
    [
      'no writer',
      withTarget({ endpoints: [{ host: 'h', database: 'd', role: 'reader' }] }),
      ['secrets.orders.target.endpoints: needs exactly one writer, and has 0; give the others role: reader or pooler'],
    ],
    [
      'two writers',
      withTarget({
        endpoints: [
          { host: 'h', database: 'd' },
          { host: 'i', database: 'd' },
        ],
      }),
      ['secrets.orders.target.endpoints: needs exactly one writer, and has 2; give the others role: reader or pooler'],
    ],
    [
      'two endpoints of one name',
      withTarget({
        endpoints: [
          { host: 'h', database: 'd' },
          { host: 'h', database: 'e', role: 'pooler' },
        ],
      }),
      ['secrets.orders.target.endpoints[1]: has the name of another endpoint; give each a name of its own'],
    ],
    [
      'itself as admin',
      withTarget({ admin: { secret: 'orders' } }),
      ['secrets.orders.target.admin: is the secret itself'],
    ],
    [
      'itself as admin, by its name in the store',
      withTarget({ admin: { id: 'orders' } }),
      ['secrets.orders.target.admin: is the secret itself'],
    ],
    [
      'an admin that is not there',
      withTarget({ admin: { secret: 'order' } }),
      ["secrets.orders.target.admin.secret: no such secret under secrets; did you mean 'orders'?"],
    ],
    [
      'an admin of nobody',
      withTarget({ admin: { id: 'root', value: { format: 'password' } } }),
      ['secrets.orders.target.admin: has a value that does not name the login; say user'],
    ],
    [
      'a policy that is impossible',
      withSecret(single({ password: { length: 2 } })),
      ['secrets.orders.password: The password policy cannot be used: it requires 3 classes in 2 characters.'],
    ],
    [
      'a policy for values that a person brings',
      withSecret(single({ manual: true, password: { length: 20 } })),
      ['secrets.orders.password: does not go with manual: a person brings the value'],
    ],
    [
      'an interval that its grace fills',
      withSecret(single({ interval: '1d' })),
      ['secrets.orders.interval: is too short: it must exceed grace + slowest consumer refresh + runLife = 1d15m'],
    ],
    [
      'an interval that equals the floor',
      withSecret(single({ interval: '1h20m', grace: '1h', consumers: [{ kind: 'vm', refresh: '5m' }] })),
      ['secrets.orders.interval: is too short: it must exceed grace + slowest consumer refresh + runLife = 1h20m'],
    ],
    [
      'a run without time',
      withSecret(single({ runLife: '59s' })),
      ['secrets.orders.runLife: is too short: one run needs at least 1m'],
    ],
    [
      'a window that never opens',
      withSecret(single({ window: { cron: '0 0 31 6 *', duration: '1h' } })),
      ['secrets.orders.window.cron: never opens'],
    ],
    [
      'a time zone',
      withSecret(single({ window: { cron: '0 0 * * *', duration: '1h', timezone: 'Mars/Olympus' } })),
      ['secrets.orders.window.timezone: is no time zone; write an IANA name such as Europe/Berlin, or UTC'],
    ],
    [
      'one secret of a store twice',
      file({ secrets: { a: single({ id: 'x' }), b: single({ id: 'x' }) } }),
      ['secrets.b: is the same secret of the same store as a'],
    ],
  ])('%s', (_, data, expected) => {
    expect(complaints(data)).toEqual(expected)
  })

  it('one login of one server belongs to one secret', () => {
    const other = postgres({
      endpoints: [
        { host: 'else.example', database: 'd' },
        { host: 'DB.example', database: 'other', role: 'reader' },
      ],
    })
    const clash = ['secrets.b: rotates a login at a server that a rotates too']
    expect(complaints(file({ secrets: { a: alternating(), b: single({ user: 'app_b', target: other }) } }))).toEqual(
      clash,
    )
    expect(complaints(file({ secrets: { a: alternating(), b: alternating({ users: ['x', 'app_a'] }) } }))).toEqual(
      clash,
    )
    const elsewhere = postgres({ endpoints: [{ host: 'db.example', port: 5433, database: 'orders' }] })
    const apart = { a: alternating(), b: alternating({ users: ['x', 'y'] }), c: alternating({ target: elsewhere }) }
    expect(load(file({ secrets: apart })).secrets.size).toBe(3)
  })
})

describe('a password in the wrong place is not quoted', () => {
  const canary = 'hunter2-CANARY'

  function refusesQuietly(text: string): void {
    let caught: unknown
    try {
      load(text)
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({ code: 'config-invalid' })
    expect(inspect(caught, { depth: 9, showHidden: true })).not.toContain('CANARY')
  }

  /** Every place of a full configuration, one after another, holds the canary instead. */
  function* replaced(data: unknown): Generator<unknown> {
    yield canary
    if (typeof data !== 'object' || data === null) return
    for (const [key, value] of Object.entries(data))
      for (const inner of replaced(value)) {
        if (Array.isArray(data)) yield data.with(Number(key), inner)
        else yield { ...data, [key]: inner }
      }
  }

  it('as a value, wherever that is refused', () => {
    const full = file({
      fingerprintKey: { file: 'x' },
      audit: [{ kind: 'stdout' }],
      defaults: { interval: '7d', idleSessions: 'end' },
      environments: { prod: { extends: 'x' } },
      secrets: {
        orders: alternating({
          value: { format: 'template', template: '{username}:{password}' },
          window: { cron: '0 2 * * *', duration: '1h', timezone: 'UTC' },
          consumers: [{ kind: 'vm', refresh: '1h' }],
          password: { length: 24, classes: ['lower'] },
          target: postgres({ admin: { id: 'x' }, tls: { mode: 'disable' }, hash: 'md5', adopt: true }),
        }),
      },
    })
    let refused = 0
    for (const data of replaced(full)) {
      try {
        load(stringify(data))
      } catch {
        refused++
        refusesQuietly(stringify(data))
      }
    }
    expect(refused).toBeGreaterThan(30)
  })

  it.each([
    'password: "hunter2-CANARY',
    'a: b: hunter2-CANARY',
    '{ hunter2-CANARY',
    'a: @hunter2-CANARY',
    'a: *hunter2-CANARY',
    'a: !hunter2-CANARY x',
    'a: "\\q hunter2-CANARY"',
    'a: | hunter2-CANARY',
    '"x" hunter2-CANARY: 1',
    '- hunter2-CANARY\n hunter2-CANARY: 1\n- x',
    'hunter2-CANARY',
  ])('in YAML that cannot be read: %j', text => {
    refusesQuietly(text)
  })

  it('a template with the password pasted into it', () => {
    refusesQuietly(stringify(file({ secrets: { a: single({ value: { format: 'template', template: canary } }) } })))
  })
})

describe('the list', () => {
  it('is bounded, each problem once, and long or strange keys are shortened and quoted', () => {
    const many = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`key${index}`, 1]))
    const lines = problems(() => load(file(many)))
    expect(lines).toHaveLength(51)
    expect(lines.at(-1)).toBe('  … and 30 more')
    expect(complaints(file({ ['x'.repeat(500)]: 1 }))).toEqual([`"${'x'.repeat(60)}…": unknown key`])
    expect(complaints(file({ 'a\n\u001b[31m': 1 }))).toEqual(['"a\\n\\u001b[31m": unknown key'])
  })
})
