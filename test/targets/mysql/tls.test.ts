import { generateKeyPairSync } from 'node:crypto'
import { rmSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Endpoint, MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../stand/mysql.ts'
import { startProxy } from '../../stand/proxy.ts'
import { freshFolder, requireServer } from '../../stand/stand.ts'
import { makeTls } from '../../stand/tls.ts'
import { call, createLogin, credential, failure, freshName, target, writer } from './fixture.ts'

const secured = requireServer(await startMysql())
const bare = requireServer(await startMysql({ tls: false }))

describe.skipIf(!secured || !bare)('TLS', async () => {
  if (!secured || !bare) return
  const login = await createLogin(secured, freshName('app'))
  const ca = secured.tls!.ca
  afterAll(() => Promise.all([secured.stop(), bare.stop()]))
  afterEach(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  const accepts = (options: Partial<MysqlTargetOptions>, endpoint: Partial<Endpoint> = {}) =>
    target(secured, { endpoints: [writer(secured, endpoint)], ...options }).accepts(login, call())
  const works = { accepted: ['writer'], refused: [] }
  const tls = (mode: 'verify-full' | 'verify-ca' | 'require' | 'disable', more = {}) => ({ tls: { mode, ...more } })

  test('verify-full: chain and name, by address and by name', async () => {
    expect(await accepts(tls('verify-full', { ca }))).toEqual(works)
    expect(await accepts(tls('verify-full', { ca }), { host: 'localhost' })).toEqual(works)
    expect(await accepts(tls('verify-full', { ca, servername: 'db.example.test' }))).toEqual(works)
    expect(secured.written().get('general.log')!.toString()).toContain('using SSL/TLS')
  })

  test('an unknown authority is refused, with or without one configured', async () => {
    const folder = freshFolder('other-ca')
    const other = makeTls(folder).ca
    rmSync(folder, { recursive: true })
    await failure(accepts(tls('verify-full')), 'tls-failed')
    await failure(accepts(tls('verify-full', { ca: other })), 'tls-failed')
    await failure(accepts(tls('verify-ca', { ca: other })), 'tls-failed')
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED does not weaken it', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    await failure(accepts(tls('verify-full')), 'tls-failed')
  })

  test.each(['wrong.example.test', '127.0.0.2'])(
    'a certificate for another name than %s: verify-full only',
    async servername => {
      const error = await failure(accepts(tls('verify-full', { ca, servername })), 'tls-failed')
      expect(error.message).toContain('another name')
      expect(await accepts(tls('verify-ca', { ca, servername }))).toEqual(works)
      expect(await accepts(tls('require', { servername }))).toEqual(works)
    },
  )

  test('a server without TLS is tls-failed, never plaintext', async () => {
    const t = target(bare, tls('require'))
    expect((await failure(t.accepts(login, call()), 'tls-failed')).message).toContain('does not offer TLS')
  })

  test('a server that wants TLS, reached without: not taken for a wrong password', async () => {
    await secured.sql('SET GLOBAL require_secure_transport = ON')
    const without = target(secured, { ...tls('disable'), serverPublicKey: secured.publicKey() })
    expect((await failure(without.accepts(login, call()), 'tls-failed')).foreign).toBe('3159')
    await secured.sql('SET GLOBAL require_secure_transport = OFF')
  })

  test('an account that wants TLS: the server says no more than of a wrong password, so the advice names it', async () => {
    const wants = await createLogin(secured, freshName('app'), { attributes: 'REQUIRE SSL' })
    const without = target(secured, { ...tls('disable'), serverPublicKey: secured.publicKey() })
    expect((await failure(without.test(wants, call()), 'auth-failed')).next).toContain('REQUIRE SSL')
    expect((await target(secured).accepts(wants, call())).accepted).toEqual(['writer'])
  })

  describe('without TLS', () => {
    const uncached = () => bare.sql('FLUSH PRIVILEGES')
    const over = (more: Partial<MysqlTargetOptions>) => target(bare, { tls: { mode: 'disable' }, ...more })
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' })

    test('the configured key of the server is used, no other one, and none that is sent', async () => {
      const current = await createLogin(bare, freshName('app'))
      await uncached()
      const refused = await failure(over({}).accepts(current, call()), 'tls-failed')
      expect(refused.next).toContain('public key')
      await failure(over({ serverPublicKey: other.toString() }).accepts(current, call()), 'tls-failed')
      await failure(over({ serverPublicKey: 'no key' }).accepts(current, call()), 'config-invalid')
      const pinned = over({ serverPublicKey: bare.publicKey() })
      expect((await pinned.accepts(current, call())).accepted).toEqual(['writer'])
      expect((await pinned.accepts(credential(current.username), call())).refused).toEqual(['writer'])
      // cached now, so that no key is needed
      expect((await over({}).accepts(current, call())).accepted).toEqual(['writer'])
    })

    test('sha256_password, which caches nothing, likewise', async () => {
      const current = credential(freshName('app'))
      await bare.sql(
        `CREATE USER ${current.username} IDENTIFIED WITH sha256_password BY '${current.password.reveal()}'`,
      )
      await failure(over({}).accepts(current, call()), 'tls-failed')
      expect((await over({ serverPublicKey: bare.publicKey() }).accepts(current, call())).accepted).toEqual(['writer'])
    })

    test('examine says that new passwords can be read on the way', async () => {
      const current = await createLogin(bare, freshName('app'))
      const findings = await over({ serverPublicKey: bare.publicKey() }).examine(current, call())
      expect(findings.map(({ kind }) => kind)).toContain('insecure-tls')
    })
  })

  test('a connection that is cut during the handshake is target-unreachable, not tls-failed', async () => {
    const proxy = await startProxy(secured)
    void proxy.loseAnswerTo('', 'swallowed') // the request for TLS
    await failure(accepts({}, { port: proxy.port }), 'target-unreachable')
    await proxy.stop()
  })
})
