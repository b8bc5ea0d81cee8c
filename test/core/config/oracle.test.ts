import { describe, expect, it } from 'vitest'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const endpoints = [{ host: 'db.example', service: 'shop.example' }]
const oracle = (more: Data = {}): Data => ({ kind: 'oracle', endpoints, ...more })
const secret = (target: Data, more: Data = {}): Data => ({ strategy: 'dual-password', target, ...more })
const refusals = (orders: Data): string => complaints(file({ secrets: { orders } })).join()

describe('a target of kind oracle', () => {
  it('needs a host and a service, and the rest has defaults', () => {
    expect(loadSecret(secret(oracle())).target).toEqual({
      kind: 'oracle',
      endpoints: [{ name: 'db.example:1521', host: 'db.example', port: 1521, role: 'writer', service: 'shop.example' }],
      tls: { mode: 'verify-full', ca: undefined, servername: undefined },
      admin: undefined,
      probes: [],
      adopt: false,
    })
    expect(refusals(secret(oracle({ endpoints: [{ host: 'h' }] })))).toContain('service')
    expect(refusals(secret(oracle({ ownerRole: 'x' })))).toContain('ownerRole')
  })

  it('rotates by two passwords only', () => {
    expect(refusals(secret(oracle(), { strategy: 'single-user' }))).toContain('is not possible on Oracle')
  })

  it('is opened as it is configured; what the driver cannot do is refused then', async () => {
    const open = (target: Data) => {
      const orders = load(file({ secrets: { orders: secret(target) } })).secrets.get('orders')!
      if (orders.target.kind !== 'oracle') throw new Error('another kind')
      const order = { deployment: 'test', secret: orders, target: orders.target, admin: undefined }
      return openTarget(order, { now: () => 0, sleep: async () => {} })
    }
    expect(await open(oracle())).toMatchObject({
      engine: 'oracle',
      strategy: 'dual-password',
      overlap: 'both-valid',
      endpoints: ['db.example:1521'],
    })
    await expect(open(oracle({ tls: { mode: 'require' } }))).rejects.toMatchObject({ code: 'config-invalid' })
  })
})
