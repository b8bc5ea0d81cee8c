/**
 * What is different for MySQL and MariaDB in a target that is made from the secret itself: TLS, what dual-password needs, and what the
 * template's clone lacks. Against real servers. Planted: plaintext for an absent `ssl`; the fall-back without asking the server; the
 * admin left out of dual-password: each failed here.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ManagedDatabases } from '../../aws/drop-in/managed-databases.ts'
import type { DropInStrategy } from '../../aws/drop-in/settings.ts'
import { databaseShape } from '../../aws/drop-in/shape.ts'
import { dropInTarget } from '../../aws/drop-in/target.ts'
import { offersTls } from '../../aws/drop-in/tls-offer.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { startMariadb } from '../stand/mariadb.ts'
import { startMysql } from '../stand/mysql.ts'
import { requireServer } from '../stand/stand.ts'
import { call, failure, freshName } from '../targets/mysql/fixture.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-aws-'))
const written = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text)
  return path.join(folder, name)
}
type Fields = Readonly<Record<string, unknown>>
const shape = databaseShape()
const read = (fields: Fields): Credential => shape.read(SecretValue.of(JSON.stringify(fields)))

const noRds: ManagedDatabases = { instance: async () => undefined, cluster: async () => undefined }

interface Made {
  readonly strategy?: DropInStrategy
  readonly caFile?: string | undefined
  readonly serverKeyFile?: string | undefined
  readonly plaintextFallback?: boolean
  readonly probes?: readonly string[]
  readonly admin?: Fields
  readonly rds?: ManagedDatabases
}

function made({ strategy = 'single-user', admin, rds = noRds, ...more }: Made = {}): SettableTarget {
  const settings = { caFile: undefined, serverKeyFile: undefined, plaintextFallback: false, probes: [], ...more }
  const secrets = { value: async () => SecretValue.of(JSON.stringify(admin)), tags: async () => ({}) }
  const sources = { secrets, rds }
  return dropInTarget({ settings, strategy: () => strategy, owner: 'lockstep:aws/app', sources, clock: systemClock })
}
const next = (target: SettableTarget, current: Credential, fields: Fields): Credential =>
  read({ ...fields, username: target.nextUsername(current), password: freshName('Canary') })

/** A replica follows when the machine lets it. */
const LAG = { timeout: 15_000 }

const secure = requireServer(await startMysql())
const open = requireServer(await startMysql({ tls: false }))
const maria = requireServer(await startMariadb())

describe.skipIf(!secure || !open || !maria)('MySQL and MariaDB', () => {
  if (!secure || !open || !maria) return
  afterAll(() => Promise.all([secure.stop(), open.stop(), maria.stop()]))
  const caFile = written('ca.pem', secure.tls!.ca)
  const serverKeyFile = written('key.pem', open.publicKey())
  const place = (on: { host: string; port: number }, engine = 'mysql') => ({ engine, host: on.host, port: on.port })

  async function login(on: { sql(text: string): Promise<unknown> } & Parameters<typeof place>[0], fields: Fields = {}) {
    const all = { ...place(on), username: freshName('app'), password: freshName('Canary'), ...fields }
    await on.sql(`CREATE USER ${all.username} IDENTIFIED BY '${all.password}'`)
    return { all, current: read(all) }
  }

  describe('ssl', () => {
    test('absent: verified TLS, and no fall-back to plaintext', async () => {
      const { all, current } = await login(secure)
      await secure.sql(`ALTER USER ${all.username} REQUIRE SSL`)
      await made({ caFile }).test(current, call())
      await made({ caFile, plaintextFallback: true }).test(current, call())
      const { next: advice } = await failure(made().test(current, call()), 'tls-failed')
      expect(advice).toContain('LOCKSTEP_CA_FILE')
      const plain = await login(open)
      await failure(made({ caFile, serverKeyFile }).test(plain.current, call()), 'tls-failed')
    })

    test('false, and the fall-back where the server says no: passwords are encrypted with the key that is named, or not sent', async () => {
      for (const [fields, fallback] of [
        [{ ssl: false }, false],
        [{}, true],
      ] as const) {
        const { all, current } = await login(open, fields)
        const target = made({ serverKeyFile, plaintextFallback: fallback })
        const pending = next(target, current, all)
        await target.set({ current, pending }, call())
        await target.test(pending, call())
        const fresh = await login(open, fields)
        const { next: advice } = await failure(
          made({ plaintextFallback: fallback }).test(fresh.current, call()),
          'tls-failed',
        )
        expect(advice).toContain('LOCKSTEP_SERVER_KEY_FILE')
      }
    })

    test('a key file that is none', async () => {
      const { current } = await login(open, { ssl: false })
      for (const file of ['/nowhere', written('empty.pem', '')])
        await failure(made({ serverKeyFile: file }).test(current, call()), 'config-invalid')
    })

    test('the greeting is asked, of both; what is none is no answer', async () => {
      const ask = (to: { host: string; port: number }) => offersTls(to, 'mysql', call(2000), Date.now())
      expect([await ask(secure), await ask(open), await ask(maria)]).toEqual([true, false, false])
      for (const answer of [Buffer.from([5, 0, 0, 0, 255, 1, 2, 3]), Buffer.alloc(2000, 10), Buffer.alloc(0)]) {
        const listener = net.createServer(socket => socket.on('error', () => {}).end(answer))
        await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
        const { port } = listener.address() as net.AddressInfo
        await failure(ask({ host: '127.0.0.1', port }), 'target-unreachable')
        listener.close()
      }
    })
  })

  describe('dual-password', () => {
    const both = async (target: SettableTarget, all: Fields, current: Credential) => {
      const pending = next(target, current, all)
      await target.set({ current, pending }, call())
      expect(target.overlap).toBe('both-valid')
      for (const each of [current, pending]) expect((await target.accepts(each, call())).refused).toEqual([])
    }

    test('MySQL: a login with the right to it needs no admin; one without is told', async () => {
      const { all, current } = await login(secure)
      const target = made({ strategy: 'dual-password', caFile })
      const { next: advice } = await failure(
        target.set({ current, pending: next(target, current, all) }, call()),
        'permission-missing',
      )
      expect(advice).toContain('APPLICATION_PASSWORD_ADMIN')
      await secure.sql(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${all.username}`)
      await both(target, all, current)
    })

    test('MySQL: with an admin, for every account of the login', async () => {
      const { all, current } = await login(secure, { masterarn: 'admin' })
      await secure.sql(`CREATE USER ${all.username}@'10.%' IDENTIFIED BY '${all.password}'`)
      const admin = { ...place(secure), username: 'root', password: secure.adminPassword }
      await both(made({ strategy: 'dual-password', caFile, admin }), all, current)
      const kept = await secure.sql(
        `SELECT 1 FROM mysql.user WHERE User = '${all.username}' AND User_attributes->'$.additional_password' IS NOT NULL`,
      )
      expect(kept).toHaveLength(2)
    })

    test('MariaDB: only with an admin', async () => {
      const fields = { engine: 'mariadb', ssl: false }
      const { all, current } = await login(maria, fields)
      const without = made({ strategy: 'dual-password' })
      const { next: advice } = await failure(
        without.set({ current, pending: next(without, current, all) }, call()),
        'permission-missing',
      )
      expect(advice).toContain('masterarn')
      const named = await login(maria, { ...fields, masterarn: 'admin' })
      const admin = { ...place(maria, 'mariadb'), username: 'root', password: maria.adminPassword, ssl: false }
      await both(made({ strategy: 'dual-password', admin }), named.all, named.current)
    })

    test.each(['postgres', 'mongo'])('%s has no such thing: said before anything is asked', async engine => {
      const all = { engine, host: 'nowhere.invalid', username: 'app', password: 'Canary' }
      const target = made({ strategy: 'dual-password' })
      expect(() => target.nextUsername(read(all))).toThrow(/LOCKSTEP_STRATEGY is dual-password/)
      const { at } = await failure(target.test(read(all), call()), 'config-invalid')
      expect(at).toBe('LOCKSTEP_STRATEGY')
    })
  })

  test('the host is a reader: the twin is made and changed at the writer, tested on the reader', async () => {
    const replica = requireServer(await startMysql({ replicaOf: secure }))
    if (replica === undefined) return
    try {
      const { all } = await login(secure)
      // one name for each, as RDS has them; both are this machine
      const own = { ...all, ...place(replica), host: '127.0.0.1', masterarn: 'admin' }
      const current = read(own)
      const rds: ManagedDatabases = {
        instance: async () => ({ Endpoint: { Address: '127.0.0.1' }, DBClusterIdentifier: 'orders' }),
        cluster: async () => ({ Endpoint: 'localhost', ReaderEndpoint: '127.0.0.1' }),
      }
      const admin = { ...place(secure), host: 'localhost', username: 'root', password: secure.adminPassword }
      const trusted = written('both.pem', `${secure.tls!.ca}\n${replica.tls!.ca}`)
      const target = made({ strategy: 'alternating-users', caFile: trusted, admin, rds })
      const pending = next(target, current, own)
      await target.set({ current, pending }, call())
      await expect.poll(async () => (await target.accepts(pending, call())).accepted, LAG).toEqual(['database'])
      await target.test(pending, call())
      const stranger = made({ strategy: 'alternating-users', caFile: trusted, admin })
      await failure(stranger.set({ current, pending }, call()), 'identity-mismatch')
    } finally {
      await replica.stop()
    }
  })

  test('an admin secret of another engine, and a pending version of another engine: nobody logs in', async () => {
    const { all, current } = await login(secure, { masterarn: 'admin' })
    const admin = { ...place(secure, 'mariadb'), username: 'root', password: secure.adminPassword }
    const target = made({ strategy: 'alternating-users', caFile, admin })
    await failure(target.set({ current, pending: next(target, current, all) }, call()), 'value-unsuitable')
    const other = next(target, current, { ...all, engine: 'mariadb' })
    await failure(target.set({ current, pending: other }, call()), 'identity-mismatch')
  })

  test('a probe that is no command of MongoDB names its variable', async () => {
    const current = read({ engine: 'mongo', host: 'nowhere.invalid', username: 'app', password: 'Canary' })
    const { at, next: advice } = await failure(made({ probes: ['SELECT 1'] }).test(current, call()), 'config-invalid')
    expect([at, advice]).toEqual(['LOCKSTEP_PROBES', expect.stringContaining('LOCKSTEP_PROBES')])
  })
})
