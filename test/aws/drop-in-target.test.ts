/**
 * The target that is made from the secret itself, against real PostgreSQL 18: TLS as the secret says and never less, changes at the
 * writer, tests where consumers connect, and a network that fails is no wrong password.
 * Planted: plaintext for an absent `ssl`; the fall-back without asking the server; the weaker of the two secrets' `ssl` for the
 * admin's login; pending's host used for the change: each failed here.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AdminSources } from '../../aws/drop-in/admin.ts'
import type { ManagedDatabases } from '../../aws/drop-in/managed-databases.ts'
import type { DropInStrategy } from '../../aws/drop-in/settings.ts'
import { databaseShape } from '../../aws/drop-in/shape.ts'
import { dropInTarget } from '../../aws/drop-in/target.ts'
import { offersTls } from '../../aws/drop-in/tls-offer.ts'
import { trustedAuthorities } from '../../aws/drop-in/trust.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type Postgres, startPostgres } from '../stand/postgres.ts'
import { startProxy } from '../stand/proxy.ts'
import { startReplica } from '../stand/replica.ts'
import { requireServer } from '../stand/stand.ts'
import { call, createLogin, failure, freshName, rows } from '../targets/postgres/fixture.ts'

const shape = databaseShape()
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-aws-'))
let files = 0
const written = (text: string): string => {
  const file = path.join(folder, `${++files}.pem`)
  writeFileSync(file, text)
  return file
}

/** A replica follows when the machine lets it. */
const LAG = { timeout: 30_000 }
/** Nobody listens there. A port that was free a moment ago may have become somebody's. */
const CLOSED = 1

type Fields = Record<string, unknown>
const read = (fields: Fields): Credential => shape.read(SecretValue.of(JSON.stringify(fields)))
const place = ({ host, port }: { host: string; port: number }): Fields => ({ engine: 'postgres', host, port })
const noRds: ManagedDatabases = { instance: async () => undefined, cluster: async () => undefined }

interface Made {
  readonly strategy?: DropInStrategy
  readonly caFile?: string | undefined
  readonly plaintextFallback?: boolean
  readonly probes?: readonly string[]
  readonly admin?: Fields
  readonly rds?: ManagedDatabases
}

function made({
  strategy = 'single-user',
  caFile,
  plaintextFallback = false,
  probes = [],
  admin,
  rds = noRds,
}: Made = {}) {
  const asked: string[] = []
  const sources: AdminSources = {
    secrets: {
      value: async id => {
        asked.push(id)
        return SecretValue.of(JSON.stringify(admin))
      },
      tags: async () => ({}),
    },
    rds,
  }
  const settings = { caFile, plaintextFallback, probes, serverKeyFile: undefined }
  const deps = { settings, strategy: () => strategy, owner: 'lockstep:aws/app', sources, clock: systemClock }
  return { target: dropInTarget(deps), asked }
}

const next = (target: SettableTarget, current: Credential, fields: Fields, password = `Canary-${freshName('p')}`) =>
  read({ ...fields, username: target.nextUsername(current), password })

const server = requireServer(await startPostgres({ tls: true, conf: { log_connections: 'on' } }))
const plain = requireServer(await startPostgres({ conf: { log_connections: 'on' } }))

describe.skipIf(!server || !plain)('a database secret', () => {
  if (!server || !plain) return
  afterAll(() => Promise.all([server.stop(), plain.stop()]))
  const caFile = written(server.tls!.ca)
  const logins = (on: Postgres) => on.log().split('application_name=lockstep').length - 1
  const overTls = (on: Postgres) => on.log().match(/application_name=lockstep SSL enabled/g)?.length ?? 0
  const failedLogins = (on: Postgres) => on.log().split('password authentication failed').length - 1

  async function login(on: Postgres, fields: Fields = {}) {
    const { username, password } = await createLogin(on, freshName('app'))
    const all = { ...place(on), username, password: password.reveal(), ...fields }
    return { all, current: read(all) }
  }
  const master = (on: Postgres): Fields => ({ ...place(on), username: 'postgres', password: on.adminPassword })

  describe('ssl', () => {
    test('absent, unknown or true: verified TLS', async () => {
      const { target } = made({ caFile })
      for (const ssl of [undefined, 'perhaps', 7, true, 'TRUE']) {
        const { current } = await login(server, { ssl })
        const before = overTls(server)
        await target.test(current, call())
        expect(overTls(server) - before, String(ssl)).toBe(1)
      }
    })

    test('false: plaintext, and nothing else', async () => {
      const { current } = await login(server, { ssl: 'False' })
      const before = [logins(server), overTls(server)]
      await made({ caFile }).target.test(current, call())
      expect([logins(server), overTls(server)]).toEqual([before[0]! + 1, before[1]])
    })

    test.each([undefined, true])('%s: no TLS at the server is an error, without a login', async ssl => {
      const { current } = await login(plain, { ssl })
      const before = logins(plain)
      const { next: advice } = await failure(made({ caFile }).target.test(current, call()), 'tls-failed')
      expect(advice).toContain('"ssl": false')
      expect(logins(plain)).toBe(before)
    })

    test('an authority that nobody trusts', async () => {
      const { current } = await login(server)
      const { next: advice } = await failure(made().target.test(current, call()), 'tls-failed')
      expect(advice).toContain('LOCKSTEP_CA_FILE')
    })

    test('the fall-back: only if the server says no, and only where the secret says nothing', async () => {
      const { target } = made({ caFile, plaintextFallback: true })
      await target.test((await login(plain)).current, call())
      const before = overTls(server)
      await target.test((await login(server)).current, call())
      expect(overTls(server) - before).toBe(1)
      await failure(target.test((await login(plain, { ssl: true })).current, call()), 'tls-failed')
    })

    test('the fall-back does not hide a certificate that cannot be verified', async () => {
      const { current } = await login(server)
      await failure(made({ plaintextFallback: true }).target.test(current, call()), 'tls-failed')
    })

    test('the admin logs in with the stricter of both secrets', async () => {
      for (const ssl of [true, undefined]) {
        const { all, current } = await login(server, { ssl: false, masterarn: 'admin' })
        const { target } = made({ strategy: 'alternating-users', caFile, admin: { ...master(server), ssl } })
        const [before, encrypted] = [logins(server), overTls(server)]
        await target.set({ current, pending: next(target, current, all) }, call())
        expect(logins(server) - before).toBe(2)
        expect(overTls(server) - encrypted, String(ssl)).toBe(2)
      }
    })
  })

  describe('a rotation', () => {
    test('single-user: two logins, none failed, and no admin secret is read', async () => {
      const { all, current } = await login(server, { masterarn: 'admin', ssl: 'true' })
      const { target, asked } = made({ caFile })
      const pending = next(target, current, all)
      const before = [logins(server), failedLogins(server)]
      await target.set({ current, pending }, call())
      await target.test(pending, call())
      expect([logins(server), failedLogins(server)]).toEqual([before[0]! + 2, before[1]])
      expect((await target.accepts(current, call())).accepted).toEqual([])
      expect(asked).toEqual([])
    })

    test('alternating: the clone is made, then used, and the original comes back; three logins, one admin secret each', async () => {
      const { all, current } = await login(server, { masterarn: 'admin' })
      const { target, asked } = made({ strategy: 'alternating-users', caFile, admin: master(server) })
      const before = [logins(server), failedLogins(server)]
      const pending = next(target, current, all)
      expect(pending.username).toBe(`${current.username}_clone`)
      await target.set({ current, pending }, call())
      await target.test(pending, call())
      expect([logins(server), failedLogins(server)]).toEqual([before[0]! + 3, before[1]])
      expect((await target.accepts(current, call())).accepted).toEqual(['database'])
      const back = next(target, pending, all)
      expect(back.username).toBe(current.username)
      await target.set({ current: pending, pending: back }, call())
      await target.test(back, call())
      expect(asked).toEqual(['admin', 'admin'])
    })

    test('a clone that is there is only given its password', async () => {
      const { all, current } = await login(server, { masterarn: 'admin' })
      await server.sql(`CREATE ROLE "${current.username}_clone" LOGIN NOINHERIT`)
      const { target } = made({ strategy: 'alternating-users', caFile, admin: master(server) })
      const pending = next(target, current, all)
      await target.set({ current, pending }, call())
      const clone = `rolname = '${current.username}_clone'`
      const [facts] = await rows(
        server,
        `SELECT rolinherit, pg_has_role(oid, '${current.username}', 'MEMBER') AS member FROM pg_roles WHERE ${clone}`,
      )
      expect(facts).toEqual({ rolinherit: false, member: false })
    })

    test('current must work before the admin does', async () => {
      const { all } = await login(server, { masterarn: 'admin' })
      const wrong = read({ ...all, password: 'Canary-wrong' })
      const { target } = made({ strategy: 'alternating-users', caFile, admin: master(server) })
      await failure(target.set({ current: wrong, pending: next(target, wrong, all) }, call()), 'auth-failed')
      expect(await rows(server, `SELECT 1 FROM pg_roles WHERE rolname = '${wrong.username}_clone'`)).toEqual([])
    })

    test.each([
      ['host', '127.0.0.3'],
      ['port', 5433],
      ['dbname', 'other'],
    ])('pending with another %s is not set', async (field, value) => {
      for (const strategy of ['single-user', 'alternating-users'] as const) {
        const { all, current } = await login(server, { masterarn: 'admin' })
        const { target, asked } = made({ strategy, caFile, admin: master(server) })
        const pending = next(target, current, { ...all, [field]: value })
        const before = logins(server)
        const { message } = await failure(target.set({ current, pending }, call()), 'identity-mismatch')
        expect(message).toContain(field)
        expect([logins(server), asked]).toEqual([before, []])
      }
    })

    test('pending with another user is not set', async () => {
      for (const strategy of ['single-user', 'alternating-users'] as const) {
        const { all, current } = await login(server, { masterarn: 'admin' })
        const { target } = made({ strategy, caFile, admin: master(server) })
        const pending = read({ ...all, username: 'postgres' })
        await failure(target.set({ current, pending }, call()), 'identity-mismatch')
      }
    })

    test('an admin secret of another host: nobody logs in as that admin', async () => {
      const { all, current } = await login(server, { masterarn: 'admin' })
      const admin = { ...master(server), host: 'localhost' }
      const { target } = made({ strategy: 'alternating-users', caFile, admin })
      const before = logins(server)
      await failure(target.set({ current, pending: next(target, current, all) }, call()), 'identity-mismatch')
      expect(logins(server)).toBe(before)
    })

    test('probes run as the application, and what they miss is said', async () => {
      const { current } = await login(server)
      await made({ caFile, probes: ['SELECT 1'] }).target.test(current, call())
      await failure(made({ caFile, probes: ['SELECT * FROM nowhere'] }).target.test(current, call()), 'probe-failed')
    })

    test('a database that does not exist', async () => {
      const { current } = await login(server, { dbname: 'nowhere' })
      const { next: advice } = await failure(made({ caFile }).target.test(current, call()), 'config-invalid')
      expect(advice).toContain('dbname')
    })
  })

  test('the host is a reader: changed at the writer, tested on the reader', async () => {
    const replica = requireServer(await startReplica(plain))
    if (replica === undefined) return
    try {
      const { username, password } = await createLogin(plain, freshName('app'))
      // one name for each, as RDS has them; both are this machine
      const own = { ...place(replica), username, password: password.reveal(), ssl: false, masterarn: 'admin' }
      const current = read(own)
      const cluster = { Endpoint: 'localhost', ReaderEndpoint: '127.0.0.1' }
      const rds: ManagedDatabases = {
        instance: async () => ({ Endpoint: { Address: '127.0.0.1' }, DBClusterIdentifier: 'orders' }),
        cluster: async () => cluster,
      }
      const admin = { ...master(plain), host: 'localhost', ssl: false }
      const { target } = made({ strategy: 'alternating-users', admin, rds })
      const pending = next(target, current, own)
      const accepted = (credential: Credential) => target.accepts(credential, call()).then(answer => answer.accepted)
      await expect.poll(() => accepted(current), LAG).toEqual(['database'])
      const before = logins(plain)
      await target.set({ current, pending }, call())
      expect(logins(plain) - before).toBe(2) // current and the admin
      await expect.poll(() => accepted(pending), LAG).toEqual(['database'])
      await target.test(pending, call())
      expect(logins(plain) - before).toBe(2)
      await failure(
        made({ strategy: 'alternating-users', admin }).target.set({ current, pending }, call()),
        'identity-mismatch',
      )
    } finally {
      await replica.stop()
    }
  })

  describe('a network that fails says nothing about the password', () => {
    const unreachable = async (fields: Fields, ms?: number) => {
      const { all } = await login(server, fields)
      const current = read({ ...all, ...fields })
      const { message, next: advice } = await failure(
        made({ caFile }).target.test(current, call(ms)),
        'target-unreachable',
      )
      expect(advice).toMatch(/nothing about the password.*VPC.*security group/)
      expect(message).not.toMatch(/password|login/i)
    }

    test('nobody listens', async () => unreachable({ port: CLOSED }))

    test('no such host', () => unreachable({ host: 'nowhere.invalid' }))

    test('no route: packets vanish, and the connection times out', async () => {
      // accepts and never answers, as a security group that drops
      const silent = net.createServer(socket => socket.on('error', () => {}))
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
      const began = performance.now()
      await unreachable({ port: (silent.address() as net.AddressInfo).port })
      expect(performance.now() - began).toBeLessThan(8000)
      await unreachable({ port: (silent.address() as net.AddressInfo).port }, 300)
      silent.close()
    })

    test('the connection is cut in the middle of a change: unknown, not refused', async () => {
      const proxy = await startProxy(plain)
      const { all } = await login(plain, { ssl: false })
      const own = { ...all, port: proxy.port }
      const current = read(own)
      const { target } = made()
      const lost = proxy.loseAnswerTo('ALTER ROLE')
      await failure(target.set({ current, pending: next(target, current, own) }, call()), 'unknown-outcome')
      await lost
      await proxy.stop()
    })
  })
})

describe('asking for TLS without a login', () => {
  const answering = async (respond: (socket: net.Socket) => void) => {
    const received: Buffer[] = []
    const listener = net.createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', data => {
        received.push(data)
        respond(socket)
      })
    })
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as net.AddressInfo
    return { server: { host: '127.0.0.1', port }, received, close: () => listener.close() }
  }
  const ask = (to: { host: string; port: number }, ms = 400) => offersTls(to, 'postgres', call(ms), Date.now())

  test('yes and no', async () => {
    for (const [byte, offered] of [
      ['S', true],
      ['N', false],
    ] as const) {
      const { server: to, received, close } = await answering(socket => socket.write(byte))
      expect(await ask(to)).toBe(offered)
      expect(received).toEqual([Buffer.from('0000000804d2162f', 'hex')])
      close()
    }
  })

  test.each<[string, (socket: net.Socket) => void]>([
    ['an error message', socket => socket.write('E\0\0\0')],
    ['the end', socket => socket.end()],
    ['a reset', socket => socket.resetAndDestroy()],
    ['silence', () => {}],
  ])('%s is no answer, and no reason for plaintext', async (_, respond) => {
    const { server: to, close } = await answering(respond)
    await failure(ask(to), 'target-unreachable')
    close()
  })

  test('nobody there, nobody waiting, no time', async () => {
    const to = { host: '127.0.0.1', port: CLOSED }
    await failure(ask(to), 'target-unreachable')
    await failure(offersTls(to, 'postgres', call(20_000, AbortSignal.abort()), Date.now()), 'target-unreachable')
    await failure(ask(to, 0), 'no-time')
  })
})

describe('trust', () => {
  const certificate = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'

  test("the file that is named, and only that; else Node's and the bundle of the runtime; else Node's", () => {
    const [own, bundle] = [written(`${certificate}own`), written(`${certificate}amazon`)]
    expect(trustedAuthorities(own, bundle)).toBe(`${certificate}own`)
    const both = trustedAuthorities(undefined, bundle)!
    expect(both).toContain('amazon')
    expect(both.match(/BEGIN CERTIFICATE/g)!.length).toBeGreaterThan(100)
    expect(trustedAuthorities(undefined, path.join(folder, 'nowhere'))).toBeUndefined()
    expect(trustedAuthorities(undefined, written(''))).toBeUndefined()
  })

  test.each(['/nowhere/ca.pem', written('no certificate')])('LOCKSTEP_CA_FILE=%s', file => {
    expect(() => trustedAuthorities(file)).toThrow(/LOCKSTEP_CA_FILE names a file/)
  })
})
