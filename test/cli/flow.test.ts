/**
 * The real program, as a newcomer types it, on a real PostgreSQL.
 */
import { readFileSync, statSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { prepare } from './database.ts'
import { parsed, projects } from './support.ts'

const server = requireServer(await startPostgres())

describe.skipIf(server === undefined)('a newcomer', () => {
  const project = projects()
  afterAll(() => server?.stop())

  test('init, put, check, plan, rotate, status, history, retire, rollback', async () => {
    const here = project()
    const prepared = await prepare(server!)
    const type = async (line: string, input = '') => here.run(line.split(' '), { input })

    const made = await type('init')
    expect(made).toMatchObject({ code: 0, stderr: 'Next: lockstep check\n' })
    expect(made.stdout).toContain('.lockstep/store.key')
    expect(readFileSync(here.at('.gitignore'), 'utf8')).toBe('.lockstep/\n')
    for (const key of ['store', 'fingerprint'])
      expect(statSync(here.at(`.lockstep/${key}.key`)).mode & 0o777).toBe(0o600)
    expect(await type('check')).toMatchObject({ code: 0, stdout: expect.stringContaining('lockstep.yml is valid') })

    const stores = { local: { kind: 'local', file: '.lockstep/store.db', key: { file: '.lockstep/store.key' } } }
    const { 'orders-db': orders } = prepared.config.secrets
    const quick = { ...orders, grace: '0s', consumers: [], runLife: '1m' }
    here.write('lockstep.yml', JSON.stringify({ version: 1, stores, secrets: { 'orders-db': quick } }))

    expect(await type('status')).toMatchObject({ code: 0, stderr: 'Next: lockstep secret put orders-db\n' })
    const blocked = await type('plan orders-db')
    expect(blocked).toMatchObject({ code: 4, stderr: 'Next: lockstep secret put orders-db\n' })
    await type('secret put pg-admin', prepared.adminValue)
    const put = await type('secret put orders-db', prepared.value)
    expect(put).toMatchObject({ code: 0, stderr: 'Next: lockstep plan orders-db --connect\n' })

    const checked = await type('check --connect')
    expect(checked).toMatchObject({ code: 0, stderr: 'Next: lockstep plan orders-db\n' })
    expect(checked.stdout).toContain(`✔ main accepts ${prepared.users[0]}`)

    const planned = await type('plan orders-db --force')
    expect(planned).toMatchObject({ code: 0, stderr: 'Next: lockstep rotate orders-db --force\n' })
    for (const step of ['1 create', '2 set', '3 test', '4 finish', '5 retire']) expect(planned.stdout).toContain(step)

    expect(await type('rotate orders-db')).toMatchObject({ code: 0, stdout: expect.stringContaining('is not due') })
    const rotated = await type('rotate orders-db --force')
    expect(rotated).toMatchObject({ code: 0, stderr: 'Next: lockstep status orders-db\n' })
    expect(rotated.stdout).toMatch(/orders-db is rotated\n {2}version {9}v-\w+ → v-\w+\n/)

    const back = await type('rollback orders-db')
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('back at its previous credential') })
    const shown = await type('status orders-db')
    expect(shown.stdout).toMatch(/current {10}v-\w+ {2}since .* UTC/)

    const retired = await type('retire orders-db')
    expect(retired).toMatchObject({ code: 0, stdout: expect.stringContaining('verified refused') })
    const refused = await type('rollback orders-db')
    expect(refused.code).toBe(0) // current is the result of a rollback: nothing to go back to
    expect(refused.stdout).toContain('nothing to do')

    const history = await type('history orders-db')
    for (const event of ['secret created', 'rotation started', 'secret rotated', 'rollback', 'secret revoked'])
      expect(history.stdout).toContain(event)
    expect(history.stdout).toContain('tester')

    const { secrets } = parsed((await type('status --json')).stdout)
    expect(secrets).toMatchObject([{ name: 'orders-db', condition: 'ok', in_flight: false, halted: null }])
    expect(await type('doctor')).toMatchObject({ code: 0 })
  })

  test('an emergency says first whom it breaks, replaces, and ends the old credential', async () => {
    const here = project()
    const { config, value, adminValue, users, password } = await prepare(server!)
    here.configure(config)
    await here.ok(['secret', 'put', 'pg-admin'], { input: adminValue })
    await here.ok(['secret', 'put', 'orders-db'], { input: value })
    const dry = await here.run(['rotate', 'orders-db', '--revoke-now', '--reason', 'leak', '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.stdout).toMatch(
      /replaced now, and its old credential ended at once[\s\S]*5 retire +at once[\s\S]*Breaks at once: orders-api/,
    )
    const ran = await here.run(['rotate', 'orders-db', '--revoke-now', '--reason', 'leak in a log'])
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stderr).toMatch(/^Breaks at once: orders-api, until it reads the secret again \(at most 5m\)/)
    expect(ran.stdout).toContain('verified refused')
    await expect(server!.connect(users[0], password)).rejects.toMatchObject({ code: '28P01' })
    expect((await here.ok(['history', 'orders-db'])).stdout).toContain('emergency')
  })

  test('single-user: the plan says that there is a gap; the rotated password works', async () => {
    const here = project()
    const { config, soloValue, solo, password } = await prepare(server!)
    here.configure({ secrets: { 'solo-db': config.secrets['solo-db'] } })
    await here.ok(['secret', 'put', 'solo-db'], { input: soloValue })
    expect((await here.ok(['plan', 'solo-db', '--force'])).stdout).toMatch(/downtime +a gap: from set to finish/)
    await here.ok(['rotate', 'solo-db', '--force'])
    await expect(server!.connect(solo, password)).rejects.toMatchObject({ code: '28P01' })
    const { stdout } = await here.ok(['secret', 'get', 'solo-db', '--reveal', '--yes-print-secret'])
    await (await server!.connect(solo, JSON.parse(stdout).password)).end()
    const due = await here.json(['rotate', 'solo-db', '--force'])
    expect(due).toMatchObject({ code: 3, data: { outcome: 'waiting', for: 'spacing' } })
  })

  test('rotate --all does what is due, and nothing else', async () => {
    const here = project()
    const { config, value, adminValue, soloValue } = await prepare(server!)
    const { 'orders-db': orders, 'solo-db': solo } = config.secrets
    const due = { ...orders, interval: '2m', grace: '1s', runLife: '1m', consumers: [] }
    here.configure({ secrets: { 'orders-db': due, 'solo-db': solo } })
    await here.ok(['secret', 'put', 'pg-admin'], { input: adminValue })
    await here.ok(['secret', 'put', 'orders-db'], { input: value })
    await here.ok(['secret', 'put', 'solo-db'], { input: soloValue })
    expect(await here.json(['rotate', '--all'])).toMatchObject({ code: 0, data: { secrets: 2, done: [] } })
    const clock = { now: () => Date.now() + 3 * 60_000, sleep: async () => {} }
    const first = await here.json(['rotate', '--all'], { clock })
    expect(first).toMatchObject({ code: 0, data: { done: [{ secret: 'orders-db', outcome: 'rotated' }] } })
    const later = { now: () => Date.now() + 10 * 60_000, sleep: async () => {} }
    const second = await here.json(['rotate', '--all'], { clock: later })
    expect(second.data.done.map((one: { outcome: string }) => one.outcome)).toEqual(['retired', 'rotated'])
  })
})
