/**
 * `followers:` and `epochs:`: what they may say, and what they mean beside leaders and each other.
 */
import { describe, expect, it } from 'vitest'
import { alternating, complaints, file, load, postgres, single } from './support.ts'

type Data = Record<string, unknown>

const stores = {
  eu: { kind: 'aws', region: 'eu-central-1' },
  us: { kind: 'aws', region: 'us-east-1' },
  gcp: { kind: 'gcp', project: 'my-project', readBy: { alias: 'current' }, propagation: '1h' },
  newest: { kind: 'gcp', project: 'other-project', readBy: 'latest' },
  vault: {
    kind: 'azure',
    vault: 'https://my-kv.vault.azure.net',
    journal: { url: 'https://acct.blob.core.windows.net', container: 'journals' },
  },
  here: { kind: 'local', file: 'here.db', key: { env: 'KEY' } },
}
const secret = (more: Data = {}): Data => alternating({ store: 'eu', followers: [{ store: 'us' }], ...more })
const whole = (orders: Data, more: Data = {}): Data =>
  file({ stores, audit: [{ kind: 'stderr' }], epochs: { store: 'here' }, secrets: { orders }, ...more })
const says = (orders: Data, more: Data = {}): string[] => complaints(whole(orders, more))

describe('followers', () => {
  it('have defaults, and keep what they are told', () => {
    const values = { host: 'db.us', port: 6432 }
    const followers = [
      { store: 'us', values },
      { store: 'vault', name: 'azure', id: 'orders-copy', required: false, timeout: '5s' },
    ]
    const { secrets, epochs } = load(whole(secret({ followers, id: 'orders-db' })))
    expect(epochs).toEqual({ store: 'here' })
    expect(secrets.get('orders')).toMatchObject({
      acceptGap: [],
      followers: [
        { name: 'us', store: 'us', id: 'orders-db', required: true, timeout: 30_000, values, replica: false },
        {
          name: 'azure',
          store: 'vault',
          id: 'orders-copy',
          required: false,
          timeout: 5_000,
          values: {},
          replica: false,
        },
      ],
    })
  })

  it('lengthen the grace by what the slowest of their stores may show', () => {
    const slow = secret({ followers: [{ store: 'us' }, { store: 'gcp' }], grace: '30m' })
    expect(says(slow)).toEqual([expect.stringContaining('grace: is shorter than the 1h that consumers may be shown')])
    expect(load(whole({ ...slow, grace: '2h' })).secrets.get('orders')).toMatchObject({ propagation: 3_600_000 })
  })

  it.each<[string, Data, string]>([
    ['without a place that says who leads', {}, 'secrets.orders.followers: need `epochs:`'],
  ])('%s', (_, more, text) => {
    expect(says(secret(), { epochs: undefined, ...more })).toEqual([expect.stringContaining(text)])
  })

  it.each<[string, Data[], string]>([
    ['its own leader', [{ store: 'eu', name: 'copy' }], 'followers[0]: is the same secret of the same store as orders'],
    ['the name of the leader’s store', [{ store: 'us', name: 'eu' }], 'is the name of the leader’s store'],
    ['two of one name', [{ store: 'us' }, { store: 'gcp', name: 'us' }], 'followers[1].name: is taken: us'],
    [
      'one place twice',
      [{ store: 'us' }, { store: 'us', name: 'again' }],
      'followers[1]: is the same secret of the same store as the follower us of orders',
    ],
    ['an unknown store', [{ store: 'uss' }], "followers[0].store: no such store under stores; did you mean 'us'?"],
    ['an unknown key', [{ store: 'us', requird: true }], "did you mean 'required'?"],
    ['a mapping that drops the password', [{ store: 'us', values: { password: '' } }], 'is part of the credential'],
    ['a mapping of the user', [{ store: 'us', values: { username: 'x' } }], 'is part of the credential'],
  ])('%s', (_, followers, text) => {
    expect(says(secret({ followers })).join('\n')).toContain(text)
  })

  it('two secrets that follow each other are one secret', () => {
    const other = { strategy: 'alternating-users', users: ['c', 'd'], target: postgres() }
    const two = {
      orders: secret({ id: 'a', followers: [{ store: 'us', id: 'b' }] }),
      back: { ...other, store: 'us', id: 'b', followers: [{ store: 'eu', id: 'a' }] },
    }
    const both = complaints(whole(secret(), { secrets: two }))
    expect(both.filter(line => line.includes('is the same secret of the same store'))).toHaveLength(2)
  })

  it('a value that is no JSON has no fields to be different', () => {
    const bare = secret({ strategy: 'dual-password', users: undefined, user: 'app', value: { format: 'password' } })
    const mysql = { kind: 'mysql', endpoints: [{ host: 'db.example' }] }
    expect(says({ ...bare, target: mysql, followers: [{ store: 'us', values: { host: 'x' } }] })).toEqual([
      expect.stringContaining('need a value of format json; this one is of format password'),
    ])
  })
})

describe('followers in AWS', () => {
  const arn = (region: string) => `arn:aws:secretsmanager:${region}:123456789012:secret:orders-AbCdEf`

  it('are not called by an ARN of another region, be they native replicas or not', () => {
    for (const replica of [true, false]) {
      const wrong = secret({ id: arn('eu-central-1'), followers: [{ store: 'us', replica }] })
      expect(says(wrong)).toEqual([
        expect.stringContaining('followers[0].id: is the ARN of a secret in eu-central-1; the store is in us-east-1'),
      ])
    }
    const right = secret({ id: arn('eu-central-1'), followers: [{ store: 'us', id: arn('us-east-1') }] })
    expect(load(whole(right)).secrets.get('orders')).toMatchObject({ followers: [{ id: arn('us-east-1') }] })
  })
})

describe('native replicas', () => {
  it('go with two regions of AWS', () => {
    expect(load(whole(secret({ followers: [{ store: 'us', replica: true }] }))).secrets.get('orders')).toMatchObject({
      followers: [{ replica: true }],
    })
  })

  it.each<[string, Data, string]>([
    ['another cloud', { store: 'gcp' }, 'goes with two stores of kind aws'],
    ['another name', { store: 'us', id: 'other' }, 'a replica has the name of its leader'],
    ['other fields', { store: 'us', values: { host: 'x' } }, 'Secrets Manager copies the value as it is'],
    ['the same region', { store: 'twin' }, 'needs a store of another region'],
  ])('%s', (_, follower, text) => {
    const more = { stores: { ...stores, twin: { kind: 'aws', region: 'eu-central-1', endpoint: 'https://other' } } }
    expect(says(secret({ followers: [{ replica: true, ...follower }] }), more).join('\n')).toContain(text)
  })
})

describe('where it is written who leads', () => {
  it.each<[string, Data, string]>([
    ['the leader’s own store', { store: 'eu' }, 'is the store that leads orders: it would be lost with it'],
    ['a Key Vault', { store: 'vault' }, 'has no compare-and-set'],
    ['a store that publishes at once', { store: 'newest' }, 'use a store with `readBy: { alias: … }`'],
    ['no such store', { store: 'her' }, "no such store under stores; did you mean 'here'?"],
    ['nothing', {}, 'needs either store or blob'],
    ['two', { store: 'here', blob: { url: 'https://a.blob.core.windows.net', container: 'epochs' } }, 'needs either'],
  ])('%s', (_, epochs, text) => {
    expect(says(secret(), { epochs }).join('\n')).toContain(text)
  })

  it('a container of Blob Storage', () => {
    const blob = { url: 'https://acct.blob.core.windows.net/', container: 'epochs', prefix: 'prod/' }
    expect(load(whole(secret(), { epochs: { blob } })).epochs).toEqual({
      blob: { ...blob, url: 'https://acct.blob.core.windows.net' },
    })
  })
})

describe('a gap', () => {
  const gap = (more: Data = {}) =>
    single({ store: 'eu', user: 'app', followers: [{ store: 'us' }, { store: 'gcp' }], ...more })

  it('at followers is refused, unless each is accepted by name', () => {
    expect(says(gap({ acceptGap: ['us'] }))).toEqual([
      expect.stringContaining('consumers of gcp would be cut off at each rotation until their copy arrives'),
    ])
    expect(load(whole(gap({ acceptGap: ['us', 'gcp'] }))).secrets.get('orders')).toMatchObject({
      acceptGap: ['us', 'gcp'],
    })
  })

  it('of nobody', () => {
    expect(says(secret({ acceptGap: ['uss'] }))).toEqual([
      "secrets.orders.acceptGap[0]: no such follower; did you mean 'us'?",
    ])
  })
})
