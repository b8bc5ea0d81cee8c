/**
 * Profiles of managed databases: limits of passwords, logins of the service itself, and its proxies.
 */
import { describe, expect, it } from 'vitest'
import { profileFacts, profiles, regionOfRds } from '../../../core/config/profiles.ts'
import { alternating, complaints, file, loadSecret, postgres, single } from './support.ts'

type Data = Record<string, unknown>
const refused = (secret: Data) => complaints(file({ secrets: { orders: secret } }))
const mysql = (more: Data) => ({ kind: 'mysql', endpoints: [{ host: 'db.example' }], ...more })
const on = (profile: string, password: Data, target = postgres({ profile })) => single({ target, password })
const where = 'secrets.orders'

describe('a profile', () => {
  it('is optional, and each takes the passwords that are made by default', () => {
    expect(loadSecret(single()).target).not.toHaveProperty('profile')
    for (const profile of profiles)
      expect(loadSecret(single({ target: postgres({ profile }) })).target).toMatchObject({ profile })
  })

  it.each([
    ['rds', 'postgres', 128],
    ['rds', 'mysql', 41],
    ['aurora', 'postgres', 41],
    ['aurora', 'mysql', 41],
    ['azure', 'postgres', 128],
  ])('%s for %s takes passwords of at most %i characters', (profile, kind, longest) => {
    const target = kind === 'mysql' ? mysql({ profile }) : postgres({ profile })
    expect(loadSecret(on(profile, { length: longest }, target as Data))).toBeDefined()
    const [line, ...more] = refused(on(profile, { length: longest + 1 }, target as Data))
    expect(line).toMatch(new RegExp(`^${where}\\.password: is too long: .* takes at most ${longest} characters$`))
    expect(more).toEqual([])
  })

  it('names the limit, the service and the engine', () => {
    expect(refused(on('rds', { length: 7, allowWeak: true }))).toEqual([
      `${where}.password: is too short: Amazon RDS for PostgreSQL takes at least 8 characters`,
    ])
    const specials = { classes: ['lower', 'digits', 'specials'], specials: '-_/@"' }
    expect(refused(on('rds', specials))).toEqual([
      `${where}.password: may hold / @ ", which Amazon RDS for PostgreSQL does not take; put it into exclude`,
    ])
    expect(loadSecret(on('rds', { ...specials, exclude: '/@"' }))).toBeDefined()
  })

  it('of Azure wants three kinds of characters', () => {
    const says = `${where}.password: must hold 3 of lower, upper, digits and specials, which Azure Database for PostgreSQL wants`
    expect(refused(on('azure', { classes: ['lower', 'digits'] }))).toEqual([says])
    expect(refused(on('azure', { requireEach: false }))).toEqual([says])
  })

  it('of Cloud SQL has no limits of its own', () => {
    expect(loadSecret(on('cloud-sql', { length: 200 }))).toBeDefined()
  })

  it('says nothing of passwords that a person brings', () => {
    expect(loadSecret(single({ manual: true, target: postgres({ profile: 'aurora' }) }))).toBeDefined()
  })

  it('goes with the engines that the service has', () => {
    const oracle = { kind: 'oracle', endpoints: [{ host: 'db.example', service: 'orders' }], profile: 'aurora' }
    expect(refused({ strategy: 'dual-password', user: 'app', target: oracle })).toEqual([
      `${where}.target.profile: does not go with Oracle: Amazon Aurora has none`,
    ])
    expect(Object.keys(profileFacts.rds.engines)).toContain('oracle')
  })

  it.each([
    ['rds', 'rds_superuser'],
    ['aurora', 'rdsadmin'],
    ['cloud-sql', 'cloudsqlsuperuser'],
    ['azure', 'azure_pg_admin'],
  ])('of %s knows that %s is a login of the service itself', (profile, login) => {
    const value = { format: 'password' }
    const title = profileFacts[profile as 'rds'].title
    expect(refused(single({ user: login, value, target: postgres({ profile }) }))).toEqual([
      `${where}.user: is a login of ${title} itself, which is never rotated`,
    ])
    expect(refused(alternating({ users: ['app', login], target: postgres({ profile, ownerRole: login }) }))).toEqual([
      `${where}.users[1]: is a login of ${title} itself, which is never rotated`,
      `${where}.target.ownerRole: is a role of ${title} itself, and owns nothing of an application`,
    ])
  })
})

describe('an RDS Proxy', () => {
  const PROXY = 'orders.proxy-abc123def456.eu-central-1.rds.amazonaws.com'
  const writer = { host: 'orders.abc123def456.eu-central-1.rds.amazonaws.com', database: 'orders' }
  const through = (host: string, role?: string) =>
    postgres({ endpoints: [writer, { host, database: 'orders', ...(role && { role }) }] })

  it.each([PROXY, `ro.endpoint.${PROXY.slice(7)}`, PROXY.toUpperCase(), `${PROXY}.cn`])(
    'is refused with two users in one secret, and why: %s',
    host => {
      expect(refused(alternating({ target: through(host, 'pooler') }))).toEqual([
        `${where}.target.endpoints[1].host: is an RDS Proxy, which knows one user for each secret on its list: a secret that names two in turn locks one of them out. Give each user a secret of its own (two secrets here, single-user), or let consumers log in at the proxy by IAM`,
      ])
    },
  )

  it('is a pooler, and nowhere to make changes', () => {
    expect(refused(single({ target: through(PROXY, 'reader') }))).toEqual([
      `${where}.target.endpoints[1].role: must be pooler: the host is an RDS Proxy`,
    ])
    expect(loadSecret(single({ target: through(PROXY, 'pooler') }))).toBeDefined()
  })

  it('is none of the other hosts', () => {
    for (const host of [writer.host, 'my.proxy-db.example', 'orders.cluster-ro-abc.eu-central-1.rds.amazonaws.com'])
      expect(loadSecret(alternating({ target: through(`x.${host}`, 'pooler') }))).toBeDefined()
  })
})

it('the region of an endpoint of RDS is in its name', () => {
  expect(regionOfRds('orders.abc.us-gov-west-1.rds.amazonaws.com')).toBe('us-gov-west-1')
  expect(regionOfRds('orders.abc.cn-north-1.rds.amazonaws.com.cn')).toBe('cn-north-1')
  for (const host of ['db.internal', 'rds.amazonaws.com', 'x.eu-central-1.rds.amazonaws.com.evil.example'])
    expect(regionOfRds(host)).toBeUndefined()
})
