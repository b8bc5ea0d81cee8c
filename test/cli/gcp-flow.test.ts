/**
 * Every command on Google Cloud's Secret Manager, which is our fake here, and on a real PostgreSQL.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { prepare } from './database.ts'
import { CALLER, furnishedOnGcp, type ModeName, onGcp, readAs, secretManager, surroundings } from './gcp.ts'
import { DAY, HOUR, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const fake = secretManager()
afterAll(() => server?.stop())

const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })

describe.skipIf(server === undefined).each<ModeName>(['latest', 'alias'])('a newcomer on Google Cloud, %s', mode => {
  test('put, check, plan, rotate, status, history, rollback, retire: as on any store', async () => {
    const prepared = await prepare(server!)
    const here = await furnishedOnGcp(project(), prepared, fake(), mode)
    const id = here.ids['orders-db']
    const checked = await here.ok(['check', '--connect'])
    expect(checked.stdout).toMatch(/✔ main accepts .*_a/)
    expect(checked.stdout).toContain('rotating also needs secretmanager.secrets.update')

    const planned = await here.ok(['plan', 'orders-db', '--force', '--connect'])
    expect(planned.stdout).toMatch(mode === 'latest' ? /publishes +reported: / : /publishes +fenced: the alias current/)
    expect(planned.stdout).toMatch(/shows +.*up to 3h/)
    expect(planned.stdout).toContain('the store shows the new version within 3h')
    const sibling = `${id}-lockstep-pending`
    if (mode === 'latest') expect(planned.stdout).toContain(`will create  the secret ${sibling}`)
    else expect(planned.stdout).not.toContain(sibling)

    const before = readAs(fake(), mode, id)
    const { data: rotated } = await here.json(['rotate', 'orders-db', '--force'])
    expect(rotated).toMatchObject({ outcome: 'rotated' })
    const value = readAs(fake(), mode, id)!
    expect(value).not.toBe(before)
    const { username, password } = JSON.parse(value)
    expect(username).toBe(prepared.users[1])
    await (await server!.connect(username, password)).end()
    if (mode === 'alias') expect(fake().service.peek(id).aliases).toEqual({ current: 2, previous: 1 })
    expect((await here.ok(['plan', 'orders-db'])).stdout).toContain('keeps')
    expect((await here.ok(['status', 'orders-db'])).stdout).toMatch(/current +2/)
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

  test('single-user: the plan says who is shown the old password, and for how long; the next one waits that long', async () => {
    const here = await furnishedOnGcp(project(), await prepare(server!), fake(), mode)
    const planned = await here.ok(['plan', 'solo-db', '--force'])
    expect(planned.stdout).toContain(
      'or is still shown it by the store, fails until it reads the new one, at most 3h6m',
    )
    expect((await here.json(['rotate', 'solo-db', '--force'])).data).toMatchObject({ outcome: 'rotated' })
    const again = await here.json(['rotate', 'solo-db', '--force'], { clock: later(3 * HOUR) })
    expect(again).toMatchObject({ code: 3, data: { for: 'spacing' } })
    const { data } = await here.json(['rotate', 'solo-db', '--force'], { clock: later(4 * HOUR) })
    expect(data).toMatchObject({ outcome: 'rotated' })
  })

  test('an emergency; rotate --all; a dry run: nothing is written', async () => {
    const here = await furnishedOnGcp(project(), await prepare(server!), fake(), mode)
    fake().calls.reset()
    await here.ok(['rotate', 'orders-db', '--force', '--dry-run'])
    await here.main(['rollback', 'orders-db', '--dry-run'])
    await here.main(['plan', 'orders-db', '--connect'])
    await here.main(['rotate', '--all'])
    const asked = new Set(fake().calls.list.map(({ op }) => op))
    expect([...asked].filter(op => !/^(Get|Access|List)/.test(op))).toEqual([])
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

  test('the real program, with the SDK loaded lazily', async () => {
    const here = await furnishedOnGcp(project(), await prepare(server!), fake(), mode)
    const ran = await here.run(['rotate', 'solo-db', '--force', '--json'], { env: surroundings })
    expect(JSON.parse(ran.stdout), ran.stderr).toMatchObject({ outcome: 'rotated' })
    expect(ran.stderr).toBe('')
    const got = await here.run(['secret', 'get', 'solo-db', '--reveal', '--yes-print-secret'], { env: surroundings })
    const { username, password } = JSON.parse(got.stdout)
    await (await server!.connect(username, password)).end()
  })

  test.each(['secrets.get', 'versions.access', 'versions.add', 'secrets.update'])(
    '%s is not allowed: the message names permission and secret, and the value is not lost',
    async permission => {
      const here = await furnishedOnGcp(project(), await prepare(server!), fake(), mode)
      fake().permissions.denyAction(CALLER, `secretmanager.${permission}`)
      const ran = await here.main(['rotate', 'solo-db', '--force'])
      expect(ran.code, ran.stderr).toBe(4)
      expect(ran.stderr).toMatch(new RegExp(`secretmanager\\.${permission} on \\S*${here.ids['solo-db']}`))
      expect(here.read('audit.jsonl')).toContain('"event_type":"access_denied"')
      fake().permissions.reset()
      expect((await here.json(['rotate', 'solo-db', '--force'])).data.outcome).toBe('rotated')
    },
  )
})

describe('what is in the way on Google Cloud', () => {
  const db = (more: object = {}) => ({
    db: { ...more, strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
  })

  test('a secret that Google Cloud rotates itself is refused, with the reason, by plan and by rotate', async () => {
    fake().service.createSecret({ id: 'sql', value: '{"username":"u","password":"p"}', managed: 'ACTIVE' })
    const here = project().configure(onGcp(fake(), 'latest', { secrets: db({ id: 'sql' }) }))
    const planned = await here.main(['plan', 'db', '--force'])
    expect(planned.code).toBe(4)
    expect(planned.stdout).toContain('Secret Manager rotates it itself (managed rotation)')
    const ran = await here.main(['rotate', 'db', '--force'])
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('managed rotation')
    expect(fake().service.peek('sql').versions.size).toBe(1)
  })

  test('an alias that the secret does not have: the command that makes it', async () => {
    fake().service.createSecret({ id: 'unaliased', value: '{"username":"u","password":"p"}' })
    const here = project().configure(onGcp(fake(), 'alias', { secrets: db({ id: 'unaliased' }) }))
    const ran = await here.main(['plan', 'db', '--force'])
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('No version of the secret has the alias current')
    expect(ran.stderr).toContain('gcloud secrets update unaliased --update-version-aliases=current=VERSION')
  })

  test('the wrong project, and no server', async () => {
    const here = project().configure(onGcp(fake(), 'latest', { secrets: db() }))
    const config = here.read('lockstep.yml')
    here.write('lockstep.yml', config.replace(fake().projectId, 'another-project'))
    const lost = await here.main(['plan', 'db', '--force'])
    expect(lost.code).toBe(4)
    here.write('lockstep.yml', config.replace(`${fake().host}:${fake().port}`, '127.0.0.1:9'))
    const ran = await here.main(['status', '--timeout', '20s'])
    expect(ran.code).toBe(5)
    expect(ran.stdout + ran.stderr).toMatch(/store-unavailable/)
  })
})
