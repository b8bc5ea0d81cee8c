import { afterAll, describe, expect, test } from 'vitest'
import { startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import { call, createLogin, failure, freshName, letIn, next, target, versions, writer } from './fixture.ts'

for (const version of versions) {
  const server = requireServer(await startMariadb({ version, tls: true }))
  describe.skipIf(server === undefined)(`MariaDB ${version} with TLS`, async () => {
    if (server === undefined) return
    const ca = server.tls!.ca
    afterAll(() => server.stop())

    test('a rotation over a verified connection, of an account that requires it', async () => {
      const current = await createLogin(server, freshName('app'), { attributes: 'REQUIRE SSL' })
      const pending = next(current)
      const t = target(server)
      await t.set({ current, pending }, call())
      await t.test(pending, call())
      await t.end({ previous: current, current: pending }, call())
      expect(await letIn(server, current, pending)).toEqual([false, true])
    })

    test('who answers with a certificate that nobody vouches for is tls-failed; nothing falls back', async () => {
      const current = await createLogin(server, freshName('app'))
      await failure(target(server, { tls: { mode: 'verify-full' } }).test(current, call()), 'tls-failed')
      const misnamed = { mode: 'verify-full', ca, servername: 'other.example.test' } as const
      await failure(target(server, { tls: misnamed }).test(current, call()), 'tls-failed')
      await target(server, { tls: { ...misnamed, servername: 'db.example.test' } }).test(current, call())
      await target(server, { tls: { mode: 'verify-ca', ca, servername: 'other.example.test' } }).test(current, call())
      await target(server, { tls: { mode: 'require' } }).test(current, call())
    })

    test('what is configured is said: require and disable are findings', async () => {
      const current = await createLogin(server, freshName('app'))
      for (const mode of ['require', 'disable'] as const) {
        const findings = await target(server, { tls: { mode } }).examine(current, call())
        expect(findings.map(({ kind }) => kind)).toEqual(['insecure-tls'])
      }
    })
  })
}

const plain = requireServer(await startMariadb())
describe.skipIf(plain === undefined)('MariaDB without TLS', async () => {
  if (plain === undefined) return
  afterAll(() => plain.stop())

  test('is tls-failed where TLS is configured', async () => {
    const current = await createLogin(plain, freshName('app'))
    const t = target(plain, { tls: { mode: 'require' }, endpoints: [writer(plain)] })
    await failure(t.test(current, call()), 'tls-failed')
  })
})
