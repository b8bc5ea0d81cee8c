import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const mysql = (more: Data = {}): Data => ({ kind: 'mysql', endpoints: [{ host: 'db.example' }], ...more })
const secret = (target: Data, more: Data = {}): Data => ({ strategy: 'dual-password', target, ...more })
const refusals = (orders: Data): string[] => complaints(file({ secrets: { orders } }))

describe('a target of kind mysql', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-mysql-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('needs a host, and the rest has defaults', () => {
    expect(loadSecret(secret(mysql())).target).toEqual({
      kind: 'mysql',
      endpoints: [{ name: 'db.example:3306', host: 'db.example', port: 3306, role: 'writer' }],
      tls: { mode: 'verify-full', ca: undefined, servername: undefined },
      admin: undefined,
      probes: [],
      adopt: false,
      hosts: undefined,
      serverPublicKey: undefined,
    })
  })

  it('keeps what is configured; files are found beside the configuration', () => {
    const endpoints = [
      { host: 'h', database: 'shop' },
      { host: 'r', role: 'reader' },
    ]
    const { target } = loadSecret(secret(mysql({ endpoints, hosts: ['%', '10.%'], serverPublicKey: 'key.pem' })))
    expect(target).toMatchObject({ hosts: ['%', '10.%'], endpoints: [{ database: 'shop' }, { role: 'reader' }] })
    expect(path.isAbsolute((target as { serverPublicKey: string }).serverPublicKey)).toBe(true)
  })

  it('has one writer, and issues no keys', () => {
    expect(refusals(secret(mysql({ endpoints: [{ host: 'a' }, { host: 'b' }] }))).join()).toContain('writer')
    expect(refusals(secret(mysql(), { strategy: 'issue-then-revoke' })).join()).toContain('is not possible on MySQL')
  })

  it('refuses what belongs to another engine', () => {
    expect(refusals(secret(mysql({ ownerRole: 'app' }))).join()).toContain('ownerRole')
    expect(refusals(secret(mysql({ hosts: [] }))).join()).toContain('hosts')
  })

  it.each([
    ['dual-password', {}],
    ['single-user', {}],
    ['alternating-users', { users: ['app_a', 'app_b'] }],
  ])('is opened as it is configured: %s', async (strategy, more) => {
    const key = path.join(folder, 'key.pem')
    writeFileSync(key, 'a key')
    const target = mysql({ admin: { id: 'mysql-admin' }, serverPublicKey: key })
    const orders = load(file({ secrets: { orders: secret(target, { strategy, ...more }) } })).secrets.get('orders')!
    if (orders.target.kind !== 'mysql') throw new Error('another kind')
    const order = { deployment: 'test', secret: orders, target: orders.target, admin: undefined }
    const opened = await openTarget(order, { now: () => 0, sleep: async () => {} })
    expect(opened).toMatchObject({ engine: 'mysql', strategy, endpoints: ['db.example:3306'] })
  })
})
