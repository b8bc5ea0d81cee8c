import { describe, expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const mongodb = (more: Data = {}): Data => ({ kind: 'mongodb', endpoints: [{ host: 'db.example' }], ...more })
const secret = (target: Data, more: Data = {}): Data => ({ strategy: 'single-user', target, ...more })
const refusals = (orders: Data): string[] => complaints(file({ secrets: { orders } }))

describe('a target of kind mongodb', () => {
  it('needs a host, and the rest has defaults', () => {
    expect(loadSecret(secret(mongodb())).target).toEqual({
      kind: 'mongodb',
      endpoints: [{ name: 'db.example:27017', host: 'db.example', port: 27017, role: 'writer' }],
      tls: { mode: 'verify-full', ca: undefined, servername: undefined },
      admin: undefined,
      probes: [],
      adopt: false,
      authSource: 'admin',
      adminAuthSource: 'admin',
      plaintext: false,
    })
  })

  it('takes several writers, for any of them may be the primary, but not none', () => {
    const members = ['a.example', 'b.example'].map(host => ({ host }))
    expect(loadSecret(secret(mongodb({ endpoints: members }))).target).toMatchObject({ endpoints: members })
    const [only] = refusals(secret(mongodb({ endpoints: [{ host: 'a.example', role: 'reader' }] })))
    expect(only).toContain('needs a writer')
  })

  it('has neither two passwords nor issued keys', () => {
    const refused = refusals(secret(mongodb(), { strategy: 'dual-password' }))
    expect(refused).toEqual([
      'secrets.orders.strategy: is not possible on MongoDB; expected single-user or alternating-users',
    ])
  })

  it('refuses what belongs to another engine', () => {
    expect(refusals(secret(mongodb({ ownerRole: 'app' }))).join()).toContain('ownerRole')
    expect(refusals(secret(mongodb({ endpoints: [{ host: 'h', database: 'd' }] }))).join()).toContain('database')
  })

  it('is opened as it is configured; a probe that writes is refused then', async () => {
    const pair = { strategy: 'alternating-users', users: ['app_a', 'app_b'] }
    const open = async (target: Data) => {
      const config = load(file({ secrets: { orders: secret(target, pair) } }))
      const orders = config.secrets.get('orders')!
      if (orders.target.kind !== 'mongodb') throw new Error('another kind')
      const order = { deployment: 'test', secret: orders, target: orders.target, admin: undefined }
      return openTarget(order, { now: () => 0, sleep: async () => {} })
    }
    const admin = { id: 'mongodb-admin' }
    const target = await open(mongodb({ admin, probes: ['{"ping":1}'] }))
    expect(target).toMatchObject({ engine: 'mongodb', strategy: 'alternating-users', overlap: 'both-valid' })
    const refused = open(mongodb({ admin, probes: ['{"insert":"things","documents":[{}]}'] }))
    await expect(refused).rejects.toBeInstanceOf(RotationError)
    await expect(refused).rejects.toMatchObject({ code: 'config-invalid' })
  })
})
