import { readFileSync, rmSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { TlsOptions } from '../../../core/targets/sqlserver/index.ts'
import { freshFolder } from '../../stand/stand.ts'
import { makeTls } from '../../stand/tls.ts'
import { call, credential, failure, populate, target, users, writer } from './fixture.ts'
import { startTdsStub } from './tds-stub.ts'

const folders = [freshFolder('tds'), freshFolder('tds')] as const
const [made, other] = [makeTls(folders[0]), makeTls(folders[1])]
const secured = await startTdsStub({ cert: readFileSync(made.certFile), key: readFileSync(made.keyFile) })
const bare = await startTdsStub()
for (const folder of folders) rmSync(folder, { recursive: true })
afterAll(() => Promise.all([secured.stop(), bare.stop()]))
afterEach(() => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
})

describe('TLS as configured, over the handshake of TDS', () => {
  const current = populate(secured, bare)
  const accepts = (tls: TlsOptions, host = '127.0.0.1') =>
    target({ endpoints: [writer(secured, { host })], tls }).accepts(current, call())
  const works = { accepted: ['writer'], refused: [] }

  test('verify-full: chain and name', async () => {
    expect(await accepts({ mode: 'verify-full', ca: made.ca })).toEqual(works)
    expect(await accepts({ mode: 'verify-full', ca: made.ca }, 'localhost')).toEqual(works)
    expect(await accepts({ mode: 'verify-full', ca: made.ca, servername: 'db.example.test' })).toEqual(works)
    await failure(accepts({ mode: 'verify-full', ca: made.ca, servername: 'other.example.test' }), 'tls-failed')
  })

  test('an unknown authority is refused, whatever the environment says, and no login is sent', async () => {
    const before = secured.tried.length
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    await failure(accepts({ mode: 'verify-full', ca: other.ca }), 'tls-failed')
    await failure(accepts({ mode: 'verify-full' }), 'tls-failed')
    expect(secured.tried.length).toBe(before)
  })

  test('require encrypts and trusts anybody', async () => {
    expect(await accepts({ mode: 'require' })).toEqual(works)
  })

  test('no fall-back: neither to plaintext nor away from it', async () => {
    const plain = target({ endpoints: [writer(bare)], tls: { mode: 'require' } })
    await failure(plain.accepts(current, call()), 'tls-failed')
    expect(bare.tried).toEqual([])
    await failure(accepts({ mode: 'disable' }), 'tls-failed')
  })

  test('a rotation works over it', async () => {
    const t = target({ endpoints: [writer(secured)], tls: { mode: 'verify-full', ca: made.ca } })
    const pending = credential(users[1])
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    await t.end({ previous: current, current: pending }, call())
  })
})
