/**
 * Hooks of consumers in `lockstep.yml`: what is resolved, and what is refused.
 */
import { describe, expect, it } from 'vitest'
import { complaints, file, load, loadSecret, postgres, single } from './support.ts'

const consumer = (hook: unknown) => ({ name: 'orders', kind: 'other', refresh: '1m', hook })
const withHook = (hook: unknown) => single({ consumers: [consumer(hook)] })
const resolved = (hook: unknown, more = {}) => loadSecret(withHook(hook), more).consumers[0]!.hook
const refused = (hook: unknown) => complaints(file({ secrets: { orders: withHook(hook) } }))
const at = 'secrets.orders.consumers[0].hook'

const bounds = { timeout: 30_000, retries: 2, required: false }
const elsewhere = { endpoints: [{ host: 'other.example', database: 'hooks' }] }
const key = { id: 'hook-key' }
const webhook = { kind: 'webhook', url: 'https://deploy.example/rotated', key }

describe('a hook', () => {
  it('is optional, and has bounds that may be said', () => {
    expect(loadSecret(single({ consumers: [consumer(undefined)] })).consumers[0]).not.toHaveProperty('hook')
    const ecs = { kind: 'ecs', cluster: 'prod', service: 'orders' }
    expect(resolved(ecs)).toEqual({ ...ecs, ...bounds, region: undefined })
    expect(resolved({ ...ecs, timeout: '2m', retries: 0, required: true })).toMatchObject({
      timeout: 120_000,
      retries: 0,
      required: true,
    })
  })

  it('is of one of six kinds', () => {
    const lambda = { kind: 'lambda-environment', function: 'orders', region: 'eu-central-1' }
    const run = { kind: 'cloud-run', project: 'shop', location: 'europe-west1', service: 'orders' }
    const app = { kind: 'app-service', subscription: '11-22', resourceGroup: 'rg', app: 'orders' }
    const command = { kind: 'command', run: ['systemctl', 'restart', 'orders'] }
    expect(resolved(lambda)).toEqual({ ...lambda, ...bounds })
    expect(resolved(run)).toEqual({ ...run, ...bounds })
    expect(resolved(app)).toEqual({ ...app, ...bounds, slot: undefined, references: false })
    expect(resolved(command)).toEqual({ ...command, ...bounds, env: [] })
    expect(refused({ kind: 'ec' })).toEqual([
      expect.stringContaining(
        `${at}.kind: expected one of ecs, lambda-environment, cloud-run, app-service, webhook, command`,
      ),
    ])
  })

  it('has its key in a store: another secret of the file, or one that is not in it', () => {
    expect(resolved(webhook)).toMatchObject({
      key: { store: 'local', id: 'hook-key', value: { format: 'password' }, user: 'key' },
    })
    const hook = single({
      id: 'in/store',
      user: 'receiver',
      value: { format: 'password' },
      target: postgres(elsewhere),
    })
    const secrets = { orders: withHook({ ...webhook, key: { secret: 'hook' } }), hook }
    expect(load(file({ secrets })).secrets.get('orders')!.consumers[0]!.hook).toMatchObject({
      key: { store: 'local', id: 'in/store', value: { format: 'password' }, user: 'receiver' },
    })
    expect(complaints(file({ secrets: { orders: withHook({ ...webhook, key: { secret: 'hok' } }) } }))).toEqual([
      `${at}.key.secret: no such secret under secrets`,
    ])
    expect(refused({ ...webhook, key: {} })).toEqual([`${at}.key: needs either secret or id`])
    expect(refused({ ...webhook, key: { secret: 'orders', store: 'local' } })).toEqual([
      `${at}.key: store and value go with id; a secret of this file brings its own`,
    ])
    expect(refused({ ...webhook, key: { id: 'a', store: 'lokal' } })).toEqual([
      `${at}.key.store: no such store under stores; did you mean 'local'?`,
    ])
  })

  it('sends nothing in clear but to this machine, and no credentials in an address', () => {
    expect(resolved({ ...webhook, url: 'http://localhost:8080/rotated' })).toBeDefined()
    for (const url of [
      'http://deploy.example/',
      'https://user:pass@deploy.example/',
      'ftp://x',
      'http://localhost.evil/',
    ])
      expect(refused({ ...webhook, url })).toEqual([expect.stringContaining(`${at}.url: expected an address that`)])
  })

  it('has time for one try', () => {
    expect(refused({ kind: 'command', run: ['true'], timeout: '0s' })).toEqual([
      `${at}.timeout: is too short: one try needs at least 1s`,
    ])
    expect(refused({ kind: 'command', run: [] })).toEqual([expect.stringContaining(`${at}.run: expected at least 1`)])
  })

  it('stands in defaults too, and a mistake is named where it stands', () => {
    const defaults = { consumers: [consumer({ ...webhook, key: { secret: 'nobody' } })] }
    expect(complaints(file({ defaults }))).toEqual([
      expect.stringContaining('defaults.consumers[0].hook.key.secret: no such secret under secrets'),
    ])
  })
})
