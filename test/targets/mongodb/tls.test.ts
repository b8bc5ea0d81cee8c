/** TLS to a server that speaks MongoDB's protocol. What is configured is what happens: there is no fall-back. */
import { afterAll, describe, expect, test } from 'vitest'
import type { TlsOptions } from '../../../core/targets/mongodb/index.ts'
import { startFerretDB } from '../../stand/ferretdb.ts'
import { freshFolder, requireServer } from '../../stand/stand.ts'
import { makeTls } from '../../stand/tls.ts'
import {
  alternating,
  asAdmin,
  call,
  createPair,
  createUser,
  credential,
  failure,
  freshName,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startFerretDB({ tls: true }))

describe.skipIf(!server)('protocol (FerretDB 2.7.0): TLS', async () => {
  if (!server) return
  afterAll(async () => {
    await (await asAdmin(server)).close()
    await server.stop()
  })
  const { ca } = server.tls!
  const at = (tls: TlsOptions, host = 'localhost', port = server.tlsPort!) =>
    target({ tls, endpoints: [writer(server, { host, port })] })
  const accepted = async (tls: TlsOptions, host?: string) => {
    const current = await createUser(server, freshName('app'))
    expect(await at(tls, host).accepts(current, call())).toEqual({ accepted: ['writer'], refused: [] })
  }
  const refused = async (tls: TlsOptions, host?: string, port?: number) => {
    const current = await createUser(server, freshName('app'))
    return failure(at(tls, host, port).accepts(current, call()), 'tls-failed')
  }

  test('a whole rotation over TLS, chain and name verified', async () => {
    const pair = await createPair(server)
    const t = alternating(server, pair, {
      tls: { mode: 'verify-full', ca },
      endpoints: [writer(server, { host: 'localhost', port: server.tlsPort! })],
    })
    const pending = credential(pair.users[1])
    await t.set({ current: pair.current, pending }, call())
    await t.test(pending, call())
    await t.end({ previous: pair.current, current: pending }, call())
    expect(await t.examine(pending, call())).toEqual([])
  })

  test('by address, by another name that the certificate bears', async () => {
    await accepted({ mode: 'verify-full', ca }, '127.0.0.1')
    await accepted({ mode: 'verify-full', ca, servername: 'db.example.test' })
    await accepted({ mode: 'verify-ca', ca, servername: 'other.example.test' })
    await accepted({ mode: 'require' })
  })

  test('an authority that is not trusted, a name that the certificate does not bear: tls-failed', async () => {
    await refused({ mode: 'verify-full' })
    await refused({ mode: 'verify-ca', ca: makeTls(freshFolder('tls')).ca })
    const other = await refused({ mode: 'verify-full', ca, servername: 'other.example.test' })
    expect(other.message).toContain('another name')
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED changes nothing', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      await refused({ mode: 'verify-full' })
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    }
  })

  test('a port without TLS, or TLS where none is spoken: no login, no password refused', async () => {
    const current = await createUser(server, freshName('app'))
    const inClear = at({ mode: 'verify-full', ca }, 'localhost', server.port).accepts(current, call())
    await expect(inClear).rejects.toMatchObject({ code: expect.stringMatching(/^(tls-failed|target-unreachable)$/) })
    const toTls = at({ mode: 'disable' }, 'localhost').accepts(current, call())
    await expect(toTls).rejects.toMatchObject({ code: 'target-unreachable' })
  })
})
