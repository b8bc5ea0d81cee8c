import { describe, expect, it } from 'vitest'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const endpoints = [{ host: 'db.example', database: 'shop' }]
const sqlserver = (more: Data = {}): Data => ({ kind: 'sqlserver', endpoints, ...more })
const pair = { strategy: 'alternating-users', users: ['app_a', 'app_b'] }
const secret = (target: Data, more: Data = pair): Data => ({ target: { admin: { id: 'admin' }, ...target }, ...more })
const refusals = (orders: Data): string => complaints(file({ secrets: { orders } })).join()

describe('a target of kind sqlserver', () => {
  it('needs a host and a database, and the rest has defaults', () => {
    expect(loadSecret(secret(sqlserver())).target).toMatchObject({
      kind: 'sqlserver',
      endpoints: [{ name: 'db.example:1433', host: 'db.example', port: 1433, role: 'writer', database: 'shop' }],
      tls: { mode: 'verify-full' },
      contained: false,
      probes: [],
    })
    expect(refusals(secret(sqlserver({ endpoints: [{ host: 'h' }] })))).toContain('database')
    expect(refusals(secret(sqlserver({ service: 'x' })))).toContain('service')
  })

  it('has no second password, and one writer', () => {
    expect(refusals(secret(sqlserver(), { strategy: 'dual-password' }))).toContain('is not possible on SQL Server')
    expect(refusals(secret(sqlserver({ endpoints: [...endpoints, { host: 'b', database: 'shop' }] })))).toContain(
      'writer',
    )
  })

  it('is opened as it is configured; verify-ca is refused then', async () => {
    const open = (target: Data) => {
      const orders = load(file({ secrets: { orders: secret(target) } })).secrets.get('orders')!
      if (orders.target.kind !== 'sqlserver') throw new Error('another kind')
      const order = { deployment: 'test', secret: orders, target: orders.target, admin: undefined }
      return openTarget(order, { now: () => 0, sleep: async () => {} })
    }
    expect(await open(sqlserver({ contained: true }))).toMatchObject({
      engine: 'sqlserver',
      strategy: 'alternating-users',
      overlap: 'both-valid',
      endpoints: ['db.example:1433'],
    })
    await expect(open(sqlserver({ tls: { mode: 'verify-ca' } }))).rejects.toMatchObject({ code: 'config-invalid' })
  })
})
