/**
 * `kind: gcp`: what its keys may say, and what they mean together. None of it asks Google Cloud.
 */
import { describe, expect, it } from 'vitest'
import { alternating, complaints, file, load, postgres, single } from './support.ts'

type Data = Record<string, unknown>

const HOUR = 3_600_000
const audit = [{ kind: 'stderr' }]
const gcp = (store: Data = {}, more: Data = {}): Data =>
  file({ stores: { cloud: { kind: 'gcp', project: 'my-project', readBy: 'latest', ...store } }, audit, ...more })
const withSecret = (secret: Data, store: Data = {}): Data => gcp(store, { secrets: { orders: secret } })
const withId = (id: string, store: Data = {}): Data => withSecret(single({ id }), store)

describe('a store of kind gcp', () => {
  it('needs a project and how consumers read, and keeps what it is told', () => {
    expect(load(gcp()).stores.get('cloud')).toEqual({
      kind: 'gcp',
      project: 'my-project',
      location: undefined,
      readBy: 'latest',
      propagation: 3 * HOUR,
      endpoint: undefined,
    })
    const readBy = { alias: 'current', previous: 'previous' }
    const store = { project: 'example.com:my-project', location: 'europe-west3', readBy, endpoint: '127.0.0.1:8080' }
    expect(load(gcp({ ...store, propagation: '20m' })).stores.get('cloud')).toEqual({
      kind: 'gcp',
      ...store,
      propagation: HOUR / 3,
    })
    expect(load(gcp({ readBy: { alias: 'live' } })).stores.get('cloud')).toMatchObject({ readBy: { alias: 'live' } })
  })

  it.each(['123456789012', 'a-project', 'p12345'])('project %s', project => {
    expect(load(gcp({ project })).stores.get('cloud')).toMatchObject({ project })
  })

  const projectSays = 'stores.cloud.project: expected the ID or the number of a project'
  const aliasSays = 'expected an alias: a letter, then at most 62 letters, digits, - and _'
  it.each<[string, Data, string[]]>([
    ['the name of a project instead of its ID', { project: 'My Project' }, [projectSays]],
    ['a path', { project: 'projects/my-project' }, [projectSays]],
    [
      'no project',
      { project: undefined },
      ['stores.cloud.project: is missing; expected the ID or the number of a project'],
    ],
    [
      'no way of reading',
      { readBy: undefined },
      ['stores.cloud.readBy: is missing; expected latest, or a mapping such as { alias: current }'],
    ],
    [
      'a word that is neither',
      { readBy: 'current' },
      ['stores.cloud.readBy: expected latest, or a mapping such as { alias: current }'],
    ],
    [
      'a zone',
      { location: 'europe-west3-a' },
      ['stores.cloud.location: expected a location such as europe-west3; leave it out for global secrets'],
    ],
    [
      'the word global',
      { location: 'global' },
      ['stores.cloud.location: expected a location such as europe-west3; leave it out for global secrets'],
    ],
    [
      'an address with a scheme',
      { endpoint: 'http://localhost:1' },
      ['stores.cloud.endpoint: expected a host name, with :port where it is not 443'],
    ],
    ['a misspelt key', { loction: 'europe-west3' }, ["stores.cloud.loction: unknown key; did you mean 'location'?"]],
    [
      'a misspelt key inside',
      { readBy: { alias: 'a', previus: 'b' } },
      ["stores.cloud.readBy.previus: unknown key; did you mean 'previous'?"],
    ],
    ['an alias that is none', { readBy: { alias: '1st' } }, [`stores.cloud.readBy.alias: ${aliasSays}`]],
    [
      'a mapping without the alias',
      { readBy: { previous: 'b' } },
      [`stores.cloud.readBy.alias: is missing; ${aliasSays}`],
    ],
    [
      'latest as an alias',
      { readBy: { alias: 'latest' } },
      ['stores.cloud.readBy.alias: is no alias; for consumers of latest say `readBy: latest`'],
    ],
    ['NEW as an alias', { readBy: { alias: 'a', previous: 'NEW' } }, ['stores.cloud.readBy.previous: is no alias']],
    [
      'one alias for both',
      { readBy: { alias: 'a', previous: 'a' } },
      ['stores.cloud.readBy.previous: is the alias of current'],
    ],
    ['nowhere for events', {}, [expect.stringContaining('stores.cloud: keeps no audit trail itself')] as string[]],
  ])('refuses %s', (what, store, expected) => {
    expect(complaints(gcp(store, what === 'nowhere for events' ? { audit: [] } : {}))).toEqual(expected)
  })
})

describe('names in Secret Manager', () => {
  it.each(['orders', 'A_b-9', 'x'.repeat(238)])('takes %s', id => {
    expect(load(withId(id)).secrets.get('orders')?.id).toBe(id)
  })

  const noName =
    'secrets.orders.id: is no name of Secret Manager: at most 255 letters, digits, - and _ (say it with id)'
  it.each([
    ['a slash', 'prod/orders', noName],
    ['a dot', 'orders.db', noName],
    ['too long', 'x'.repeat(256), noName],
    [
      'too long for the secret beside it',
      'x'.repeat(239),
      'secrets.orders.id: is too long: the secret beside it, with -lockstep-pending behind the name, has to fit into 255 letters',
    ],
    [
      'a path',
      'projects/p/secrets/orders',
      'secrets.orders.id: is a whole path; expected only what stands behind secrets/',
    ],
    [
      'a secret of ours',
      'orders-lockstep-pending',
      'secrets.orders.id: ends in -lockstep-pending, which is for the secrets that Lockstep makes',
    ],
  ])('refuses %s', (_, id, says) => {
    expect(complaints(withId(id))).toEqual([says])
  })

  it('with an alias nothing stands beside it: 255 letters', () => {
    expect(load(withId('x'.repeat(255), { readBy: { alias: 'current' } })).secrets.size).toBe(1)
  })

  it('checks the admin secret too, and sees one secret behind two stores', () => {
    const admin = (id: string) => alternating({ target: postgres({ admin: { id } }) })
    expect(complaints(withSecret(admin('a/b')))).toEqual([
      'secrets.orders.target.admin.id: is no name of Secret Manager: at most 255 letters, digits, - and _ (say it with id)',
    ])
    const store = { kind: 'gcp', project: 'my-project' }
    const stores = { a: { ...store, readBy: 'latest' }, b: { ...store, readBy: { alias: 'current' } } }
    const other = single({ store: 'b', id: 'x', target: postgres({ endpoints: [{ host: 'other', database: 'd' }] }) })
    const both = { one: single({ store: 'a', id: 'x' }), two: other }
    expect(complaints(gcp({}, { stores, secrets: both }))).toEqual([
      'secrets.two: is the same secret of the same store as one',
    ])
  })

  it('a value that cannot fit is refused before it is made', () => {
    const template = `{password}${'x'.repeat(48_000)}`
    expect(complaints(withSecret(single({ user: 'u', value: { format: 'template', template } })))).toEqual([
      'secrets.orders.id: needs a value of more than 48000 bytes',
    ])
    const alias = { readBy: { alias: 'current' } }
    expect(load(withSecret(single({ user: 'u', value: { format: 'template', template } }), alias)).secrets.size).toBe(1)
  })
})

describe('how consumers read', () => {
  const reading = (reads: string, store: Data = {}) =>
    withSecret(single({ consumers: [{ kind: 'cloud-run', refresh: '5m', reads }] }), store)

  it('what is published', () => {
    expect(load(reading('latest')).secrets.get('orders')?.consumers[0]).toMatchObject({ reads: 'latest' })
    expect(load(reading('live', { readBy: { alias: 'live' } })).secrets.size).toBe(1)
  })

  it.each<[string, string, Data, string]>([
    ['an alias that nothing moves', 'live', {}, 'is not what a rotation moves: the store publishes by latest'],
    [
      'another alias',
      'current',
      { readBy: { alias: 'live' } },
      'is not what a rotation moves: the store publishes by the alias live',
    ],
    [
      'latest beside an alias',
      'latest',
      { readBy: { alias: 'live' } },
      'would see a new version before it is tested: the store publishes by the alias live',
    ],
    ['a number', '7', {}, 'names one version, which no rotation changes: let it read what the store says in readBy'],
  ])('%s is refused', (_, reads, store, says) => {
    expect(complaints(reading(reads, store))).toEqual([`secrets.orders.consumers[0].reads: ${says}`])
  })

  it('a grace that ends before the service shows the new version is refused, unless it is said to be quicker', () => {
    const short = withSecret(alternating({ grace: '2h' }))
    expect(complaints(short)).toEqual([
      'secrets.orders.grace: is shorter than the 3h that consumers may be shown the version before (propagation of the store)',
    ])
    expect(load(withSecret(alternating({ grace: '2h' }), { propagation: '2h' })).secrets.size).toBe(1)
    expect(load(withSecret(single({ grace: '1m' }))).secrets.size).toBe(1)
  })

  it('an interval has to leave time for it', () => {
    const secret = single({ grace: '1h', interval: '4h' })
    expect(complaints(withSecret(secret))).toEqual([
      'secrets.orders.interval: is too short: it must exceed grace + slowest consumer refresh + propagation of the store + runLife = 4h15m',
    ])
    expect(load(withSecret(secret, { propagation: '1h' })).secrets.size).toBe(1)
  })

  it('on other stores there is one way', () => {
    const consumers = [{ kind: 'vm', refresh: '5m', reads: 'latest' }]
    expect(complaints(file({ secrets: { orders: single({ consumers }) } }))).toEqual([
      'secrets.orders.consumers[0].reads: does not go with a store of kind local: there is one way to read it',
    ])
  })
})
