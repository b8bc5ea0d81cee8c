/**
 * What is wrong with what is put in: the message, the exit code, and that nothing is lost.
 */
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../core/ports/clock.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { openLocalStore } from '../../local/index.ts'
import { LocalStore } from '../../local/secret-store.ts'
import { startPostgres } from '../stand/postgres.ts'
import { freePort, requireServer } from '../stand/stand.ts'
import { furnished, type Prepared, prepare } from './database.ts'
import { type Project, projects, type Ran } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const NOBODY = 65_534

/** The refusal as a person sees it. */
function refused(ran: Ran, code: number, ...says: readonly (string | RegExp)[]): void {
  expect(ran.code, ran.stdout + ran.stderr).toBe(code)
  for (const text of says) expect(ran.stderr).toMatch(new RegExp(text))
  expect(ran.stderr).toMatch(/\n {2}safe {2}.*\n {2}next {2}/)
  expect(ran.stderr).not.toMatch(/\n\s+at /)
}

describe('lockstep.yml', () => {
  const secret = (more: object) => ({
    secrets: {
      db: {
        strategy: 'single-user',
        target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] },
        ...more,
      },
    },
  })

  test.each([
    [
      'a misspelt key: the nearest is suggested',
      secret({ intervall: '30d' }),
      /lockstep\.yml:\d+:\d+ secrets\.db\.intervall.*'interval'/,
    ],
    ['a wrong type', secret({ retryBudget: 'five' }), /secrets\.db\.retryBudget/],
    ['a wrong duration', secret({ interval: '30 days' }), /secrets\.db\.interval: .*duration/],
    ['an unknown strategy', secret({ strategy: 'single-usr' }), /secrets\.db\.strategy/],
    ['two users for one login', secret({ users: ['a', 'b'] }), /secrets\.db\.users/],
  ])('%s', async (_, config, says) => {
    const here = project().configure(config)
    for (const command of [['check'], ['status'], ['rotate', 'db']])
      refused(await here.main(command), 2, says, 'config-invalid')
  })

  test('several problems are listed together', async () => {
    const here = project().configure(secret({ intervall: '30d', grce: '1h' }))
    refused(await here.main(['check']), 2, 'intervall', 'grce', '2 problems')
  })

  test('no file: says where, and what makes one', async () => {
    refused(await project().main(['status']), 2, 'There is no', 'lockstep.yml', '`lockstep init`')
  })

  test('not YAML; an environment that does not exist', async () => {
    const here = project()
    here.write('lockstep.yml', 'secrets: [\n  :')
    refused(await here.main(['check']), 2, 'lockstep.yml')
    here.configure(secret({}))
    refused(await here.main(['check', '--env', 'prod']), 2, 'no such environment')
  })
})

describe('keys', () => {
  const furnish = async () => {
    const here = project().configure({
      secrets: {
        db: { strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
      },
    })
    await here.ok(['secret', 'put', 'db'], { input: '{"username":"u","password":"kept"}' })
    return here
  }
  const kept = async (here: Project) =>
    expect((await here.ok(['secret', 'get', 'db', '--reveal', '--yes-print-secret'])).stdout).toContain('kept')

  test('a key file that is missing; init refuses to make another one for the store', async () => {
    const here = await furnish()
    const key = here.read('.lockstep/store.key')
    rmSync(here.at('.lockstep/store.key'))
    for (const command of ['status', 'rotate db', 'secret get db'])
      refused(await here.main(command.split(' ')), 2, 'key-missing', 'store.key')
    refused(await here.main(['init']), 2, 'key-missing', 'Restore the key')
    here.write('.lockstep/store.key', key, 0o600)
    await kept(here)
  })

  test('a key file that others may read', async () => {
    const here = await furnish()
    chmodSync(here.at('.lockstep/store.key'), 0o644)
    refused(await here.main(['status']), 2, 'key-exposed', 'mode 0644', 'chmod 600')
    chmodSync(here.at('.lockstep/store.key'), 0o600)
    chmodSync(here.at('.lockstep/fingerprint.key'), 0o640)
    refused(await here.main(['status', 'db']), 2, 'key-exposed', 'fingerprint.key')
    chmodSync(here.at('.lockstep/fingerprint.key'), 0o600)
    await kept(here)
  })

  test("another store's key", async () => {
    const here = await furnish()
    const key = here.read('.lockstep/store.key')
    here.write('.lockstep/store.key', here.read('.lockstep/fingerprint.key'), 0o600)
    refused(await here.main(['status']), 6, 'store-corrupt')
    here.write('.lockstep/store.key', key, 0o600)
    await kept(here)
  })

  test('a folder that may not be written', async () => {
    const here = await furnish()
    const key = here.read('.lockstep/store.key').trim()
    here.write('lockstep.yml', here.read('lockstep.yml').replace('"file": ".lockstep/store.key"', '"env": "STORE_KEY"'))
    for (const [path, mode] of [
      ['', 0o755],
      ['.lockstep/store.db', 0o666],
      ['.lockstep', 0o555],
    ] as const)
      chmodSync(join(here.folder, path), mode)
    const uid = process.getuid?.() === 0 ? { uid: NOBODY } : {}
    const args = ['secret', 'put', 'db', '--replace']
    const ran = await here.run(args, { input: '{"username":"u","password":"lost"}', env: { STORE_KEY: key }, ...uid })
    refused(ran, 5, 'store-unavailable', 'read-only|read and written')
    chmodSync(here.at('.lockstep'), 0o755)
    const { stdout } = await here.ok(['secret', 'get', 'db', '--reveal', '--yes-print-secret'], {
      env: { STORE_KEY: key },
    })
    expect(stdout).toContain('kept')
  })

  test('a disk that is full: what was stored is kept, and the same command works when there is room', async () => {
    const here = await furnish()
    const big = JSON.stringify({ username: 'u', password: 'p', note: 'x'.repeat(60_000) })
    const full = ['bash', '-c', 'ulimit -f 20; exec "$0" "$@"', process.execPath]
    const ran = await here.run(['secret', 'put', 'db', '--replace'], { input: big, through: full })
    refused(ran, 5, 'store-unavailable|unknown')
    await kept(here)
    await here.ok(['secret', 'put', 'db', '--replace'], { input: big })
  })
})

describe.skipIf(server === undefined)('a target that refuses', () => {
  afterAll(() => server?.stop())

  /** The one endpoint of both secrets, changed. */
  const withTarget = ({ config }: Prepared, more: object, endpoint: object = {}) => ({
    secrets: Object.fromEntries(
      Object.entries(config.secrets).map(([name, secret]) => {
        const target = secret.target as { endpoints: object[] }
        return [
          name,
          { ...secret, target: { ...target, ...more, endpoints: [{ ...target.endpoints[0], ...endpoint }] } },
        ]
      }),
    ),
  })
  const works = async (user: string, password: string) => (await server!.connect(user, password)).end()

  test('missing admin rights: says which, keeps the value, and goes on with it when they are granted', async () => {
    const prepared = await prepare(server!)
    const clerk = `${prepared.owner}_clerk`
    await server!.sql(`CREATE ROLE ${clerk} LOGIN PASSWORD 'clerk-password'`)
    const admin = JSON.stringify({ username: clerk, password: 'clerk-password' })
    const here = await furnished(project(), { ...prepared, adminValue: admin })
    refused(await here.main(['rotate', 'orders-db', '--force']), 4, 'orders-db', 'step +set', 'permission-missing')
    await works(prepared.users[0], prepared.password)
    const status = await here.json(['status', 'orders-db'])
    expect(status.data).toMatchObject({ condition: 'pending', attempts: 1 })
    const pending = status.data.stages.find((stage: { stage: string }) => stage.stage === 'pending')
    await server!.sql(`ALTER ROLE ${clerk} SUPERUSER`)
    const again = await here.json(['rotate', 'orders-db'])
    expect(again.data).toMatchObject({ outcome: 'rotated', resumed: true, new: pending.version })
  })

  test('host unreachable: nothing is concluded, the same command is safe', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared, withTarget(prepared, {}, { port: await freePort() }))
    refused(await here.main(['rotate', 'orders-db', '--force']), 5, 'target-unreachable', 'ECONNREFUSED', 'where +main')
    const checked = await here.main(['check', '--connect'])
    expect(checked.code).toBe(5)
    expect(checked.stdout).toMatch(/✖ main could not be asked: .*\[target-unreachable ECONNREFUSED\]/)
    here.write('lockstep.yml', here.read('lockstep.yml').replace(/"port": \d+/g, `"port": ${server!.port}`))
    expect((await here.json(['rotate', 'orders-db', '--force'])).data.outcome).toBe('rotated')
  })

  test('a wrong password everywhere: nothing is begun', async () => {
    const prepared = await prepare(server!)
    const wrong = JSON.stringify({ username: prepared.users[0], password: 'wrong-password' })
    const here = await furnished(project(), { ...prepared, value: wrong })
    refused(
      await here.main(['rotate', 'orders-db', '--force']),
      4,
      'auth-failed',
      '28P01|refuses current',
      'doctor orders-db',
    )
    const { data } = await here.json(['status', 'orders-db'])
    expect(data).toMatchObject({ in_flight: false })
    const checked = await here.main(['check', '--connect'])
    expect(checked.code).toBe(4)
    expect(checked.stdout).toMatch(/✖ main refuses .*_a: wrong user or password/)
    await works(prepared.users[0], prepared.password)
  })

  test('TLS refused: never a fall-back to plaintext', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared, withTarget(prepared, { tls: { mode: 'verify-full' } }))
    refused(
      await here.main(['rotate', 'solo-db', '--force']),
      4,
      'tls-failed',
      'does not offer TLS',
      'never falls back',
    )
    expect((await here.json(['status', 'solo-db'])).data.in_flight).toBe(false)
    await works(prepared.solo, prepared.password)
  })

  test('too little time: the change is not begun, and the next run goes on', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    refused(
      await here.main(['rotate', 'solo-db', '--force', '--timeout', '3s']),
      5,
      'no-time',
      'not begun',
      'step +set',
    )
    await works(prepared.solo, prepared.password)
    expect((await here.json(['rotate', 'solo-db'])).data).toMatchObject({ outcome: 'rotated', resumed: true })
  })

  test('a secret that is not what the target needs: refused by put, and by rotate if it came another way', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    const put = (input: string, ...more: string[]) =>
      here.main(['secret', 'put', 'orders-db', '--replace', ...more], { input })
    refused(await put('not json'), 4, 'value-unsuitable', 'is not JSON')
    refused(await put('{"user":"x","password":"hidden-1"}'), 4, "no field 'username'")
    refused(await put('{"username":"stranger","password":"hidden-1"}'), 4, 'none of')
    refused(await put(''), 4, 'empty')
    await here.ok(['secret', 'put', 'orders-db', '--store', 'local', '--replace'], { input: 'not json' })
    refused(await here.main(['rotate', 'orders-db', '--force']), 4, 'value-unsuitable')
    await here.ok(['secret', 'put', 'orders-db', '--replace'], { input: prepared.value })
    expect((await here.json(['rotate', 'orders-db', '--force'])).data.outcome).toBe('rotated')
    expect(here.printed).not.toContain('hidden-1')
  })

  test.each([
    ['user', { username: 'postgres' }],
    ['host', { host: 'elsewhere.example' }],
  ])('a pending version that names another %s than current', async (_, changed) => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    const store = await openLocalStore({
      file: here.at('.lockstep/store.db'),
      key: { file: here.at('.lockstep/store.key') },
      clock: systemClock,
    })
    const call = { signal: new AbortController().signal, deadline: Date.now() + 10_000, run: {} }
    const state = (await store.describe('orders-db', call))!
    const value = {
      ...JSON.parse(prepared.value),
      username: prepared.users[1],
      password: 'somebody-elses-1',
      ...changed,
    }
    const draft = {
      rotation: rotationId('orders-db', state),
      base: state.current.version,
      value: SecretValue.of(JSON.stringify(value)),
    }
    await store.putPending('orders-db', draft, call)
    store.close()
    refused(await here.main(['rotate', 'orders-db']), 4, 'identity-mismatch', 'doctor orders-db')
    expect((await here.json(['status', 'orders-db'])).data).toMatchObject({ condition: 'pending' })
    await works(prepared.users[0], prepared.password)
    await expect(server!.connect(prepared.users[1], 'somebody-elses-1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('a pending version that is not ours is never touched', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    const describe = LocalStore.prototype.describe
    const spy = vi.spyOn(LocalStore.prototype, 'describe').mockImplementation(async function (
      this: LocalStore,
      ...asked
    ) {
      const state = (await describe.apply(this, asked))!
      return { ...state, pending: { rotation: rotationId('x', state), ours: false, since: 0, published: false } }
    })
    try {
      refused(await here.main(['rotate', 'orders-db', '--force']), 4, 'not-ours', 'did not make', 'Find its owner')
      expect((await here.main(['plan', 'orders-db'])).code).toBe(4)
    } finally {
      spy.mockRestore()
    }
    expect((await here.json(['status', 'orders-db'])).data).toMatchObject({ condition: 'ok', in_flight: false })
  })
})
