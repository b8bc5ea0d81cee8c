/**
 * From a `lockstep.yml` to hooks that run and admins that log in: what functions and the command line are handed.
 */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { adminOpener, wire } from '../../../core/fleet/wire.ts'
import { Workshop } from '../../../core/functions/workshop.ts'
import { openHook } from '../../../core/hooks/open.ts'
import type { TokenLogin } from '../../../core/ports/admin-token.ts'
import { systemClock } from '../../../core/ports/clock.ts'
import type { SecretVersion, VersionId } from '../../../core/ports/secret-store.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { asAdmin } from '../../../core/targets/common/admin.ts'
import { alternating, file, load, postgres, single } from '../config/support.ts'
import { startFake } from './server.ts'
import { versioned, within } from './support.ts'

const consumer = (name: string, hook: unknown) => ({ name, kind: 'other', refresh: '1m', hook })
const values: Record<string, string> = { 'hook-key': 'k1', 'in/store': '{"username":"hook","password":"k2"}' }
const store = {
  get: async (id: string): Promise<SecretVersion | undefined> =>
    values[id] === undefined ? undefined : { version: 'v1' as VersionId, value: SecretValue.of(values[id]) },
}

function workshop(config: ReturnType<typeof load>, more = {}) {
  const engines = async () => ({ openTarget: async () => ({}) as never })
  return new Workshop({ config, clock: systemClock, open: async () => store as never, engines, ...more })
}

const silent = { write: async () => {} }

describe('hooks of a secret', () => {
  const configured = (...consumers: object[]) => load(file({ secrets: { orders: single({ consumers }) } }))
  const hooksOf = async (config: ReturnType<typeof load>, more = {}) =>
    (await workshop(config, more).fleet(silent).setup('orders')).hooks!

  it('are those of its consumers, with their bounds; the others have none', async () => {
    const command = { kind: 'command', run: ['true'], required: true, timeout: '5s', retries: 1 }
    const hooks = await hooksOf(configured({ kind: 'vm', refresh: '1m' }, consumer('api', command)))
    expect(hooks).toMatchObject([{ consumer: 'api', kind: 'command', required: true, timeout: 5_000, retries: 1 }])
  })

  it('sign with the key that is current in the store, by its shape', async () => {
    const { url, received } = await startFake(() => ({}))
    const webhook = (key: object) => ({ kind: 'webhook', url, key })
    const value = { format: 'json' }
    const [bare, shaped, none] = await hooksOf(
      configured(
        consumer('a', webhook({ id: 'hook-key' })),
        consumer('b', webhook({ id: 'in/store', value })),
        consumer('c', webhook({ id: 'nothing' })),
      ),
    )
    for (const hook of [bare!, shaped!]) await (await hook.open()).apply(versioned('v2'), within(5_000))
    const signed = received.map(({ headers, body }, index) => [
      headers['lockstep-signature'],
      `v1=${createHmac('sha256', `k${index + 1}`)
        .update(`${headers['lockstep-timestamp']}.${body}`)
        .digest('hex')}`,
    ])
    expect(signed).toHaveLength(2)
    for (const [one, other] of signed) expect(one).toBe(other)
    const missing = (await none!.open()).apply(versioned('v2'), within(5_000))
    await expect(missing).rejects.toMatchObject({ code: 'secret-not-found' })
    expect(received).toHaveLength(2)
  })

  it('of a cloud are opened where that cloud is reached, and commands where there is a machine', async () => {
    const run = { kind: 'cloud-run', project: 'p', location: 'l', service: 's' }
    const config = configured(consumer('run', run), consumer('cmd', { kind: 'command', run: ['true'] }))
    const [there, command] = await hooksOf(config)
    for (const hook of [there!, command!])
      await expect(hook.open()).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining(hook.kind),
      })
    const opened: unknown[] = []
    const [here] = await hooksOf(config, { hooks: { 'cloud-run': async (hook: unknown) => opened.push(hook) } })
    await here!.open()
    expect(opened).toMatchObject([run])
    const key = async () => SecretValue.of('')
    const sources = { clouds: {}, env: process.env, clock: systemClock, key }
    const opener = await openHook(config.secrets.get('orders')!.consumers[1]!.hook!, sources)
    expect(await opener.apply(versioned('v2'), within(5_000))).toBe('done')
  })

  it('cannot be run by whoever wires without them, and that is said', async () => {
    const config = configured(consumer('cmd', { kind: 'command', run: ['true'] }))
    const openers = { store: async () => store as never, target: async () => ({}) as never, audit: () => silent }
    const { hooks } = await wire(config, 'orders', openers, systemClock)
    await expect(hooks![0]!.open()).rejects.toMatchObject({ code: 'config-invalid' })
  })
})

describe('an admin by token', () => {
  const writer = { host: 'a.abc.eu-central-1.rds.amazonaws.com', database: 'orders' }
  const reader = { host: 'b.abc.eu-central-1.rds.amazonaws.com', port: 6432, role: 'reader', database: 'orders' }
  const target = postgres({ endpoints: [reader, writer], admin: { token: 'rds-iam', user: 'rotator' } })
  const config = load(file({ secrets: { orders: alternating({ target }) } }))
  const configured = config.secrets.get('orders')!.target as Extract<
    NonNullable<ReturnType<typeof config.secrets.get>>['target'],
    { kind: 'postgres' }
  >

  const opener = (asked: TokenLogin[]) => {
    const fetch = async (login: TokenLogin) => {
      asked.push(login)
      return SecretValue.of(`token ${asked.length}`)
    }
    const never = () => Promise.reject(new Error('No store is asked.'))
    return adminOpener(configured, { store: never, tokens: { 'rds-iam': async () => fetch } }, systemClock)!
  }

  it('is fetched at each login, for the endpoint that is logged in to', async () => {
    const asked: TokenLogin[] = []
    const admin = opener(asked)
    const logins: string[] = []
    const open = async (_: unknown, { username, password }: { username: string; password: SecretValue }) =>
      void logins.push(`${username} ${password.reveal()}`)
    for (const endpoint of configured.endpoints) await asAdmin(admin, endpoint, open)
    await admin()
    const user = { user: 'rotator', region: undefined }
    expect(asked).toEqual([
      { ...user, host: reader.host, port: 6432 },
      { ...user, host: writer.host, port: 5432 },
      { ...user, host: writer.host, port: 5432 },
    ])
    expect(logins).toEqual(['rotator token 1', 'rotator token 2'])
  })

  it('that cannot be had from here is a mistake of the configuration', async () => {
    const sources = { store: async () => store, tokens: {} }
    await expect(adminOpener(configured, sources, systemClock)!()).rejects.toMatchObject({
      code: 'config-invalid',
      at: 'rds-iam',
    })
  })

  it('is none where none is configured, and is read from its store where that is said', async () => {
    const sources = { store: async () => store, tokens: {} }
    expect(adminOpener({ ...configured, admin: undefined }, sources, systemClock)).toBeUndefined()
    const admin = {
      secret: undefined,
      store: 'local',
      id: 'hook-key',
      value: { format: 'password' },
      user: 'x',
    } as const
    const { username, password } = await adminOpener({ ...configured, admin }, sources, systemClock)!()
    expect([username, password.reveal()]).toEqual(['x', 'k1'])
  })
})
