/**
 * What doctor says, and that --fix repairs only what is safe. The diagnoses themselves: test/core/rotation.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { furnished, prepare } from './database.ts'
import { projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
afterAll(() => server?.stop())

describe.skipIf(server === undefined)('doctor', () => {
  test('a half-made user is explained, and made by --fix', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    await server!.sql(`DROP ROLE ${prepared.users[1]}`)
    const found = await here.main(['doctor', 'orders-db'])
    expect(found.code).toBe(4)
    expect(found.stdout).toMatch(/✖ .*twin-missing[\s\S]*CREATE ROLE[\s\S]*--fix repairs it/)
    expect(found.stderr).toBe('Next: lockstep doctor orders-db --fix\n')
    const fixed = await here.main(['doctor', 'orders-db', '--fix'])
    expect(fixed.code, fixed.stdout).toBe(0)
    expect(fixed.stdout).toMatch(/✔ repaired: .*twin-missing/)
    expect((await here.json(['rotate', 'orders-db', '--force'])).data.outcome).toBe('rotated')
  })

  test('a password that somebody changed at the target: urgent; with an admin it is set back', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    await server!.sql(`ALTER ROLE ${prepared.users[0]} PASSWORD 'changed-by-hand'`)
    const { code, data } = await here.json(['doctor', 'orders-db'])
    expect(code).toBe(4)
    expect(data.secrets[0].findings[0]).toMatchObject({ kind: 'store-ahead-of-target', fixable: true })
    expect((await here.json(['doctor', 'orders-db', '--fix'])).code).toBe(0)
    await (await server!.connect(prepared.users[0], prepared.password)).end()
  })

  test('all secrets at once; one that cannot be looked at does not hide the others', async () => {
    const prepared = await prepare(server!)
    const here = project().configure(prepared.config)
    await here.ok(['secret', 'put', 'pg-admin'], { input: prepared.adminValue })
    await here.ok(['secret', 'put', 'orders-db'], { input: prepared.value })
    const ran = await here.main(['doctor'])
    expect(ran.code).toBe(4)
    expect(ran.stdout).toMatch(/orders-db[\s\S]*solo-db[\s\S]*no such secret|not-found/)
  })
})
