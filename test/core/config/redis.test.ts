import { describe, expect, it } from 'vitest'
import { openTarget } from '../../../core/targets/engines.ts'
import { complaints, file, load, loadSecret } from './support.ts'

type Data = Record<string, unknown>

const redis = (more: Data = {}): Data => ({ kind: 'redis', endpoints: [{ host: 'cache.example' }], ...more })
const secret = (target: Data, more: Data = {}): Data => ({ strategy: 'dual-password', target, ...more })
const refusals = (sessions: Data): string[] => complaints(file({ secrets: { sessions } }))

describe('a target of kind redis', () => {
  it('needs a host, and the rest has defaults', () => {
    expect(loadSecret(secret(redis())).target).toEqual({
      kind: 'redis',
      endpoints: [{ name: 'cache.example:6379', host: 'cache.example', port: 6379, role: 'writer' }],
      tls: { mode: 'verify-full', ca: undefined, servername: undefined },
      admin: undefined,
      probes: [],
      adopt: false,
      replication: false,
      sentinels: [],
      masterName: undefined,
      unsaved: false,
    })
  })

  it('has as many primaries as the cluster, but not none', () => {
    const endpoints = [{ host: 'a' }, { host: 'b' }, { host: 'c', role: 'reader' }]
    expect(loadSecret(secret(redis({ endpoints }))).target).toMatchObject({ endpoints: [{}, {}, { role: 'reader' }] })
    expect(refusals(secret(redis({ endpoints: [{ host: 'c', role: 'reader' }] }))).join()).toContain('needs a writer')
  })

  it('keeps Sentinels, which need the name of the primary', () => {
    const sentinels = [{ host: 's' }, { host: 't', port: 5000 }]
    const { target } = loadSecret(secret(redis({ sentinels, masterName: 'main', replication: true, unsaved: true })))
    const kept = [
      { host: 's', port: 26379 },
      { host: 't', port: 5000 },
    ]
    expect(target).toMatchObject({ sentinels: kept, masterName: 'main', replication: true, unsaved: true })
    expect(refusals(secret(redis({ sentinels }))).join()).toContain('go together')
    expect(refusals(secret(redis({ masterName: 'main' }))).join()).toContain('go together')
  })

  it('refuses what belongs to another engine', () => {
    expect(refusals(secret(redis({ hosts: ['%'] }))).join()).toContain('hosts')
    expect(refusals(secret(redis(), { strategy: 'issue-then-revoke' })).join()).toContain('is not possible on Redis')
  })

  it.each([
    ['dual-password', {}],
    ['single-user', {}],
    ['alternating-users', { users: ['app_a', 'app_b'] }],
  ])('is opened as it is configured: %s', async (strategy, more) => {
    const target = redis({ admin: { id: 'redis-admin' } })
    const sessions = load(file({ secrets: { sessions: secret(target, { strategy, ...more }) } })).secrets.get(
      'sessions',
    )!
    if (sessions.target.kind !== 'redis') throw new Error('another kind')
    const order = { deployment: 'test', secret: sessions, target: sessions.target, admin: undefined }
    const opened = await openTarget(order, { now: () => 0, sleep: async () => {} })
    expect(opened).toMatchObject({ engine: 'redis', strategy, endpoints: ['cache.example:6379'] })
  })
})
