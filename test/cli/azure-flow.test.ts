/**
 * Every command on Azure Key Vault with journals in Blob Storage, which are our fakes here, and on a real PostgreSQL.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { CALLER, CONTAINER, fakeAzure, furnishedOnAzure, onAzure, readLatest } from './azure.ts'
import { prepare } from './database.ts'
import { DAY, HOUR, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const fake = fakeAzure()
afterAll(() => server?.stop())

const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })

describe.skipIf(server === undefined)('a newcomer on Azure', () => {
  test('put, check, plan, rotate, status, history, rollback, retire: as on any store', async () => {
    const prepared = await prepare(server!)
    const here = await furnishedOnAzure(project(), prepared, fake())
    const id = here.ids['orders-db']
    const checked = await here.ok(['check', '--connect'])
    expect(checked.stdout).toMatch(/✔ main accepts .*_a/)
    expect(checked.stdout).toContain('rotating also needs Microsoft.KeyVault/vaults/secrets/setSecret/action')

    const planned = await here.ok(['plan', 'orders-db', '--force', '--connect'])
    expect(planned.stdout).toMatch(/publishes +blind: /)
    expect(planned.stdout).toContain(`will create  the secret ${id}-lockstep-pending`)
    expect(planned.stdout).toContain(`a blob in ${fake().blobs.endpoint}/${CONTAINER}`)

    const before = readLatest(fake(), id)
    const { data: rotated } = await here.json(['rotate', 'orders-db', '--force'])
    expect(rotated).toMatchObject({ outcome: 'rotated' })
    const value = readLatest(fake(), id)!
    expect(value).not.toBe(before)
    const { username, password } = JSON.parse(value)
    expect(username).toBe(prepared.users[1])
    await (await server!.connect(username, password)).end()
    expect((await here.ok(['plan', 'orders-db'])).stdout).toContain('keeps')
    expect((await here.json(['status'])).data.secrets).toMatchObject([{ condition: 'grace' }, { condition: 'ok' }])
    expect(await here.json(['retire', 'orders-db'])).toMatchObject({ code: 3, data: { for: 'grace' } })

    expect((await here.json(['rollback', 'orders-db'])).data).toMatchObject({ outcome: 'rolled-back' })
    expect((await here.json(['retire', 'orders-db'], { clock: later(25 * HOUR) })).data.outcome).toBe('retired')
    const { data: history } = await here.json(['history', 'orders-db'])
    const types = history.events.map((event: { event_type: string }) => event.event_type)
    for (const type of ['secret_created', 'secret_rotated', 'rotation_waiting', 'rollback', 'secret_revoked'])
      expect(types).toContain(type)
    expect((await here.json(['doctor'])).data).toMatchObject({ ok: true })
  })

  test('an emergency; rotate --all; a dry run: nothing is written', async () => {
    const here = await furnishedOnAzure(project(), await prepare(server!), fake())
    const before = written()
    await here.ok(['rotate', 'orders-db', '--force', '--dry-run'])
    await here.main(['rollback', 'orders-db', '--dry-run'])
    await here.main(['plan', 'orders-db', '--connect'])
    await here.main(['rotate', '--all'])
    expect(written()).toEqual(before)
    const { code, data } = await here.json(['rotate', 'orders-db', '--revoke-now', '--reason', 'leak'])
    expect({ code, outcomes: data.results.map((one: { outcome: string }) => one.outcome) }).toEqual({
      code: 0,
      outcomes: ['rotated', 'retired'],
    })
    const due = await here.json(['rotate', '--all'], { clock: later(31 * DAY) })
    expect(due.data.done).toMatchObject([
      { secret: 'orders-db', outcome: 'rotated' },
      { secret: 'solo-db', outcome: 'rotated' },
    ])
  })

  test('the real program, with the SDKs loaded lazily', async () => {
    const here = await furnishedOnAzure(project(), await prepare(server!), fake())
    const ran = await here.run(['rotate', 'solo-db', '--force', '--json'], { env: fake().env })
    expect(JSON.parse(ran.stdout || '{}'), ran.stderr).toMatchObject({ outcome: 'rotated' })
    expect(ran.stderr).toBe('')
    const got = await here.run(['secret', 'get', 'solo-db', '--reveal', '--yes-print-secret'], { env: fake().env })
    const { username, password } = JSON.parse(got.stdout)
    await (await server!.connect(username, password)).end()
  })
})

/** Everything that was sent and changes something. */
const written = () => [
  ...fake().vault.calls.list.filter(({ op }) => !/^(get|list|challenge)/i.test(op)),
  ...fake().blobs.calls.list.filter(({ op }) => !/^(get|list)/i.test(op)),
]

describe('what is in the way on Azure', () => {
  const db = (more: object = {}) => ({
    db: { ...more, strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
  })

  test('a certificate that Key Vault renews itself is refused, with the reason, by plan and by rotate', async () => {
    fake().vault.service.putCertificate('cert-db', '{"username":"u","password":"p"}')
    const here = project().configure(onAzure(fake(), { secrets: db({ id: 'cert-db' }) }))
    const planned = await here.main(['plan', 'db', '--force'])
    expect(planned.code, planned.stdout).toBe(4)
    expect(planned.stdout + planned.stderr).toContain('Key Vault manages this secret for a certificate')
    const ran = await here.main(['rotate', 'db', '--force'])
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('certificate')
    expect(fake().vault.service.peek('cert-db').versions.size).toBe(1)
  })

  test('no permission: the message names the action and the vault’s secret', async () => {
    fake().vault.service.putAsPerson('denied-db', '{"username":"u","password":"p"}', {})
    const here = project().configure(onAzure(fake(), { secrets: db({ id: 'denied-db' }) }))
    fake().vault.permissions.denyAction(CALLER, '*')
    const ran = await here.main(['plan', 'db', '--force'])
    expect(ran.code, ran.stderr).toBe(4)
    expect(ran.stderr).toMatch(/Microsoft\.KeyVault\/vaults\/secrets\/\w+\/action.* is not allowed/)
  })

  test('a container that is not there, and no server', async () => {
    fake().vault.service.putAsPerson('lost-db', '{"username":"u","password":"p"}', {})
    const here = project().configure(onAzure(fake(), { secrets: db({ id: 'lost-db' }) }))
    const config = here.read('lockstep.yml')
    here.write('lockstep.yml', config.replace(`"container": "${CONTAINER}"`, '"container": "elsewhere"'))
    const lost = await here.main(['plan', 'db', '--force'])
    expect(lost.code, lost.stderr).toBe(4)
    expect(lost.stderr).toContain('elsewhere')
    here.write('lockstep.yml', config.replace(fake().vault.endpoint, 'https://127.0.0.1:9'))
    const ran = await here.main(['status', '--timeout', '20s'])
    expect(ran.code).toBe(5)
    expect(ran.stdout + ran.stderr).toMatch(/store-unavailable/)
  })
})
