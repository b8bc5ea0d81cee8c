/** The real driver, as far as it comes without a server: how it dials, how it takes TLS, and what it says when it fails. */
import { readFileSync, rmSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { createOracleTarget, type TlsOptions } from '../../../core/targets/oracle/index.ts'
import { freePort, freshFolder } from '../../stand/stand.ts'
import { makeTls } from '../../stand/tls.ts'
import { credential, failure, writer } from './fixture.ts'

const folder = freshFolder('oracle')
const { ca, certFile, keyFile } = makeTls(folder)
const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]
rmSync(folder, { recursive: true })
let secured = 0
const listener = tls.createServer({ cert, key }, () => secured++).on('tlsClientError', () => {})
const silent = net.createServer()
const sockets = new Set<net.Socket>()
// an address that the certificate does not name
const elsewhere = tls.createServer({ cert, key }, () => secured++).on('tlsClientError', () => {})
for (const [server, address] of [
  [listener, '127.0.0.1'],
  [silent, '127.0.0.1'],
  [elsewhere, '127.0.0.2'],
] as const) {
  server.on('connection', (socket: net.Socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>(listening => server.listen(0, address, listening))
}
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of [listener, silent, elsewhere]) server.close()
})
const portOf = (server: net.Server) => (server.address() as AddressInfo).port

const accepts = (port: number, options: TlsOptions, ms = 3000, host = '127.0.0.1') =>
  createOracleTarget(
    { strategy: 'dual-password', endpoints: [writer({ host, port })], tls: options, owner: 'lockstep:test/secret' },
    { now: () => Date.now() },
  ).accepts(credential(), { signal: new AbortController().signal, deadline: Date.now() + ms })

describe('the driver itself', () => {
  test('nobody listens', async () => {
    const error = await failure(accepts(await freePort(), { mode: 'disable' }), 'target-unreachable')
    expect(error.foreign).toMatch(/^NJS-5/)
  })

  test('a server that says nothing', async () => {
    await failure(accepts(portOf(silent), { mode: 'disable' }, 300), 'target-unreachable')
  })

  test('an unknown authority', async () => {
    await failure(accepts(portOf(listener), { mode: 'verify-full' }), 'tls-failed')
    await failure(accepts(portOf(listener), { mode: 'verify-ca' }), 'tls-failed')
    expect(secured).toBe(0)
  })

  const wallet = `${key}\n${cert}\n${ca}`

  test('a wallet of a key, its certificate and the authority, in this order: the handshake succeeds', async () => {
    for (const mode of ['verify-full', 'verify-ca'] as const) {
      const before = secured
      await failure(accepts(portOf(listener), { mode, ca: wallet }, 500), 'target-unreachable')
      expect(secured, mode).toBe(before + 1)
    }
  })

  test('the name counts with verify-full only', async () => {
    const dial = (mode: TlsOptions['mode']) => accepts(portOf(elsewhere), { mode, ca: wallet }, 500, '127.0.0.2')
    await failure(dial('verify-full'), 'tls-failed')
    await failure(dial('verify-ca'), 'target-unreachable')
  })
})
