import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { Endpoint, TlsOptions } from '../../../core/targets/postgres/index.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import { call, createLogin, failure, freshName, target, writer } from './fixture.ts'

const hba = `hostssl all all 127.0.0.1/32 scram-sha-256\n`
const secured = requireServer(await startPostgres({ tls: true, hba, conf: { log_connections: 'on' } }))
const other = requireServer(await startPostgres({ tls: true }))
const bare = requireServer(await startPostgres())

describe.skipIf(!secured || !other || !bare)('TLS', async () => {
  if (!secured || !other || !bare) return
  const login = await createLogin(secured, freshName('app'))
  const ca = secured.tls!.ca
  afterAll(() => Promise.all([secured, other, bare].map(server => server.stop())))
  afterEach(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  const accepts = (tls: TlsOptions, endpoint: Partial<Endpoint> = {}) =>
    target({ endpoints: [writer(secured, endpoint)], tls }).accepts(login, call())
  const works = { accepted: ['writer'], refused: [] }

  test('verify-full: chain and name, by address and by name', async () => {
    expect(await accepts({ mode: 'verify-full', ca })).toEqual(works)
    expect(await accepts({ mode: 'verify-full', ca }, { host: 'localhost' })).toEqual(works)
    expect(secured.log()).toContain('SSL enabled (protocol=TLSv1.3')
  })

  test('an unknown authority is refused, with or without one configured', async () => {
    await failure(accepts({ mode: 'verify-full' }), 'tls-failed')
    await failure(accepts({ mode: 'verify-full', ca: other.tls!.ca }), 'tls-failed')
    await failure(accepts({ mode: 'verify-ca', ca: other.tls!.ca }), 'tls-failed')
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED does not weaken it', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    await failure(accepts({ mode: 'verify-full', ca: other.tls!.ca }), 'tls-failed')
  })

  test.each(['127.0.0.1', 'localhost'])(
    'the name: servername replaces the host %s; verify-ca does not look',
    async host => {
      expect(await accepts({ mode: 'verify-full', ca, servername: 'db.example.test' }, { host })).toEqual(works)
      await failure(accepts({ mode: 'verify-full', ca, servername: 'other.example.test' }, { host }), 'tls-failed')
      expect(await accepts({ mode: 'verify-ca', ca, servername: 'other.example.test' }, { host })).toEqual(works)
    },
  )

  test('require encrypts and trusts anybody', async () => {
    expect(await accepts({ mode: 'require' })).toEqual(works)
  })

  test('a server without TLS is tls-failed in every mode but disable: no fall-back', async () => {
    for (const mode of ['verify-full', 'verify-ca', 'require'] as const) {
      const plain = target({ endpoints: [writer(bare)], tls: { mode, ca } })
      await failure(plain.accepts(login, call()), 'tls-failed')
    }
    expect(bare.log()).not.toContain('password authentication failed')
  })

  test('plaintext to a server that wants TLS is tls-failed, not a locked login', async () => {
    await failure(accepts({ mode: 'disable' }), 'tls-failed')
  })

  test('no rule for the database is login-locked', async () => {
    const strict = requireServer(
      await startPostgres({ tls: true, hba: `hostssl postgres postgres 127.0.0.1/32 scram-sha-256\n` }),
    )!
    const t = target({ endpoints: [writer(strict)], tls: { mode: 'verify-full', ca: strict.tls!.ca } })
    await failure(t.accepts(login, call()), 'login-locked')
    await strict.stop()
  })

  test('a change and its test work over TLS, and abort ends a TLS session', async () => {
    const t = target({
      endpoints: [writer(secured)],
      tls: { mode: 'verify-full', ca },
      probes: ['SELECT pg_sleep(60)'],
    })
    const abort = new AbortController()
    const testing = t.test(login, call(20_000, abort.signal))
    setTimeout(() => abort.abort(), 200)
    await failure(testing, 'aborted')
  })
})
