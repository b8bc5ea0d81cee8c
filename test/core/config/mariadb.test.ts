import { describe, expect, it } from 'vitest'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const mariadb = (more: Data = {}): Data => ({ kind: 'mariadb', endpoints: [{ host: 'db.example' }], ...more })
const secret = (target: Data, more: Data = {}): Data => ({ strategy: 'dual-password', target, ...more })
const refusals = (orders: Data): string[] => complaints(file({ secrets: { orders } }))

describe('a target of kind mariadb', () => {
  it('needs a host, and the rest has defaults', () => {
    expect(loadSecret(secret(mariadb())).target).toEqual({
      kind: 'mariadb',
      endpoints: [{ name: 'db.example:3306', host: 'db.example', port: 3306, role: 'writer' }],
      tls: { mode: 'verify-full', ca: undefined, servername: undefined },
      admin: undefined,
      probes: [],
      adopt: false,
      hosts: undefined,
    })
  })

  it('keeps what is configured', () => {
    const endpoints = [
      { host: 'h', database: 'shop' },
      { host: 'r', role: 'reader' },
    ]
    const { target } = loadSecret(secret(mariadb({ endpoints, hosts: ['%', '10.%'] })))
    expect(target).toMatchObject({ hosts: ['%', '10.%'], endpoints: [{ database: 'shop' }, { role: 'reader' }] })
  })

  it('has one writer, and issues no keys', () => {
    expect(refusals(secret(mariadb({ endpoints: [{ host: 'a' }, { host: 'b' }] }))).join()).toContain('writer')
    expect(refusals(secret(mariadb(), { strategy: 'issue-then-revoke' })).join()).toContain(
      'is not possible on MariaDB',
    )
  })

  it('refuses what belongs to another engine', () => {
    expect(refusals(secret(mariadb({ serverPublicKey: 'key.pem' }))).join()).toContain('serverPublicKey')
    expect(refusals(secret(mariadb({ hosts: [] }))).join()).toContain('hosts')
  })

  it.each([
    ['dual-password', {}],
    ['single-user', {}],
    ['alternating-users', { users: ['app_a', 'app_b'] }],
  ])('is opened as it is configured: %s', async (strategy, more) => {
    const target = mariadb({ admin: { id: 'mariadb-admin' } })
    const orders = load(file({ secrets: { orders: secret(target, { strategy, ...more }) } })).secrets.get('orders')!
    if (orders.target.kind !== 'mariadb') throw new Error('another kind')
    const order = { deployment: 'test', secret: orders, target: orders.target, admin: undefined }
    const opened = await openTarget(order, { now: () => 0, sleep: async () => {} })
    expect(opened).toMatchObject({ engine: 'mariadb', strategy, endpoints: ['db.example:3306'] })
  })
})
