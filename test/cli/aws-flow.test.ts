/**
 * Every command on AWS Secrets Manager, which is our fake here, and on a real PostgreSQL.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { credentials, furnishedOnAws, KEY, onAws, REGION, secretsManager } from './aws.ts'
import { prepare } from './database.ts'
import { DAY, HOUR, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const fake = secretsManager()
afterAll(() => server?.stop())

const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })
const labelled = (id: string, label: string) =>
  [...fake().service.peek(id).versions].find(([, { stages }]) => stages.includes(label))?.[0]

describe.skipIf(server === undefined)('a newcomer on AWS', () => {
  test('put, check, plan, rotate, status, history, rollback, retire: as on any store', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const id = here.ids['orders-db']
    const checked = await here.ok(['check', '--connect'])
    expect(checked.stdout).toMatch(/✔ main accepts .*_a/)
    expect(checked.stdout).toContain(`cloud (AWS Secrets Manager, ${REGION}, ${fake().endpoint}): rotating also needs`)
    expect(checked.stdout).toContain('secretsmanager:UpdateSecretVersionStage')

    const planned = await here.ok(['plan', 'orders-db', '--force', '--connect'])
    expect(planned.stdout).toContain('AWSCURRENT is moved by compare-and-set')
    expect(planned.stdout).toMatch(/grace from +when anything of the secret was changed last/)

    const before = labelled(id, 'AWSCURRENT')
    const { data: rotated } = await here.json(['rotate', 'orders-db', '--force'])
    expect(rotated).toMatchObject({ outcome: 'rotated', old: before, new: labelled(id, 'AWSCURRENT') })
    expect(labelled(id, 'AWSPREVIOUS')).toBe(before)
    expect((await here.ok(['status', 'orders-db'])).stdout).toMatch(/current +ls-\w+/)
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

  test('the real program, with the SDK loaded lazily', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const ran = await here.run(['rotate', 'solo-db', '--force', '--json'], { env: credentials })
    expect(JSON.parse(ran.stdout), ran.stderr).toMatchObject({ outcome: 'rotated' })
    const got = await here.run(['secret', 'get', 'solo-db', '--reveal', '--yes-print-secret'], { env: credentials })
    const { username, password } = JSON.parse(got.stdout)
    await (await server!.connect(username, password)).end()
  })

  test('an emergency; rotate --all; a dry run: nothing is written', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    fake().calls.reset()
    await here.ok(['rotate', 'orders-db', '--force', '--dry-run'])
    await here.main(['rollback', 'orders-db', '--dry-run'])
    await here.main(['rotate', '--all'])
    const asked = new Set(fake().calls.list.map(({ op }) => op))
    expect([...asked].filter(op => !/^(Describe|Get|List)/.test(op))).toEqual([])
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
})

describe.skipIf(server === undefined)('what is in the way', () => {
  test.each(['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'])(
    '%s is not allowed: the message names action and secret, and the value is not lost',
    async action => {
      const prepared = await prepare(server!)
      const here = await furnishedOnAws(project(), prepared, fake())
      fake().permissions.denyAction(KEY, action)
      const ran = await here.main(['rotate', 'solo-db', '--force'])
      expect(ran.code, ran.stderr).toBe(4)
      expect(ran.stderr).toContain(`secretsmanager:${action} on ${here.ids['solo-db']} is not allowed`)
      expect(ran.stderr).toContain('solo-db: ')
      expect(here.read('audit.jsonl')).toContain('"event_type":"access_denied"')
      const checked = await here.main(['check', '--connect'])
      expect(checked.code).toBe(action.startsWith('Put') || action.startsWith('Update') ? 0 : 4)
      fake().permissions.reset()
      expect((await here.json(['rotate', 'solo-db', '--force'])).data.outcome).toBe('rotated')
    },
  )

  test('one secret that may not be read does not hide the other from check', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const { arn } = fake().service.peek(here.ids['orders-db'])
    fake().permissions.denyAction(KEY, 'DescribeSecret', [arn])
    const checked = await here.main(['check', '--connect'])
    expect(checked.code).toBe(4)
    expect(checked.stdout).toMatch(/orders-db\n {2}✖ secretsmanager:DescribeSecret on .* is not allowed/)
    expect(checked.stdout).toMatch(/solo-db\n {2}✔ main accepts/)
    const status = await here.json(['status'])
    expect(status).toMatchObject({
      code: 4,
      data: {
        secrets: [
          { name: 'orders-db', condition: 'unreadable' },
          { name: 'solo-db', condition: 'ok' },
        ],
      },
    })
    const swept = await here.json(['rotate', '--all'], { clock: later(31 * DAY) })
    expect(swept.data.done).toMatchObject([
      { secret: 'orders-db', error: { code: 'access-denied' } },
      { secret: 'solo-db', outcome: 'rotated' },
    ])
  })

  test('Secrets Manager rotates it: plan, rotate and status say how, the sweep leaves it', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const id = here.ids['orders-db']
    const Arn = `arn:aws:lambda:${REGION}:123456789012:function:rotator`
    const { RotateSecretCommand } = await import('@aws-sdk/client-secrets-manager')
    const client = fake().client()
    const RotationRules = { AutomaticallyAfterDays: 30 }
    await client.send(
      new RotateSecretCommand({ SecretId: id, RotationLambdaARN: Arn, RotationRules, RotateImmediately: false }),
    )
    client.destroy()
    for (const [token] of fake().service.peek(id).versions)
      fake().service.endRotation(id, token, 'failed', { cleanPending: true })
    const command = `aws secretsmanager rotate-secret --secret-id ${id}`
    const planned = await here.main(['plan', 'orders-db', '--force'])
    expect(planned.code, planned.stderr).toBe(4)
    expect(planned.stdout).toContain(`Secrets Manager begins the rotations of this secret: \`${command}\``)
    const calm = await here.ok(['plan', 'orders-db'])
    expect(calm.stdout).toContain('rotated by')
    expect(calm.stderr).toBe('Next: lockstep status orders-db\n')
    const ran = await here.main(['rotate', 'orders-db', '--force'])
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain(`Run \`${command}\``)
    expect((await here.ok(['history', 'orders-db'])).stdout).toMatch(/rotation failed +refused/)
    expect((await here.json(['status', 'orders-db'])).data).toMatchObject({
      condition: 'ok',
      note: 'Secrets Manager rotates it',
    })
    const swept = await here.json(['rotate', '--all'], { clock: later(31 * DAY) })
    expect(swept).toMatchObject({ code: 0, data: { done: [{ secret: 'solo-db' }] } })
    expect((await here.ok(['doctor', 'orders-db'])).stdout).toContain('[rotated-by-store]')
  })

  test('a pending version that is not ours is explained, with the command that takes it off, and kept', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const id = here.ids['orders-db']
    const version = fake().service.putAsPerson(id, '{"username":"x","password":"y"}', ['AWSPENDING'])
    for (const fix of [[], ['--fix']]) {
      const ran = await here.main(['doctor', 'orders-db', ...fix])
      expect(ran.code).toBe(4)
      expect(ran.stdout).toContain(`--version-stage AWSPENDING --remove-from-version-id ${version}`)
    }
    expect(labelled(id, 'AWSPENDING')).toBe(version)
  })

  test('a stray AWSPENDING is found, explained, and taken off by --fix, on record', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const id = here.ids['orders-db']
    await here.ok(['rotate', 'orders-db', '--force'])
    const ended = labelled(id, 'AWSPREVIOUS')!
    await here.ok(['retire', 'orders-db'], { clock: later(25 * HOUR) })
    const client = fake().client()
    const { UpdateSecretVersionStageCommand } = await import('@aws-sdk/client-secrets-manager')
    const move = { SecretId: id, VersionStage: 'AWSPENDING', MoveToVersionId: ended }
    await client.send(new UpdateSecretVersionStageCommand(move))
    client.destroy()
    const found = await here.json(['doctor', 'orders-db'])
    const stray = ({ data }: typeof found) =>
      data.secrets[0].findings.filter(({ kind }: { kind: string }) => kind === 'stray-claim')
    expect(stray(found)).toMatchObject([{ fixable: true }])
    const fixed = await here.json(['doctor', 'orders-db', '--fix'])
    expect(fixed.data.secrets[0].repaired).toMatchObject([{ kind: 'stray-claim' }])
    expect(labelled(id, 'AWSPENDING')).toBeUndefined()
    expect(here.read('audit.jsonl')).toContain('"finding":"stray-claim"')
    expect(stray(await here.json(['doctor', 'orders-db']))).toEqual([])
  })

  test('the service cannot be reached; there is no region; the store is no local one', async () => {
    const here = await furnishedOnAws(project(), await prepare(server!), fake())
    const config = here.read('lockstep.yml')
    expect((await here.main(['store', 'rotate-key', 'cloud'])).stderr).toContain('cloud is no local store')
    here.write('lockstep.yml', config.replaceAll(fake().endpoint, 'http://127.0.0.1:9'))
    const ran = await here.main(['status', '--timeout', '20s'])
    expect(ran.code).toBe(5)
    expect(ran.stderr).toMatch(/store-unavailable \(ECONNREFUSED\)/)
    here.write('lockstep.yml', config.replace(`"region": "${REGION}",`, ''))
    const lost = await here.main(['status'])
    expect(lost.code, lost.stderr).toBe(2)
    expect(lost.stderr).toMatch(/region/i)
  })
})

test('check warns of a name that the service may take for an ARN', async () => {
  const db = (id: string) => ({
    db: { id, strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
  })
  const here = project().configure(onAws(fake(), { secrets: db('prod/db-master') }))
  expect((await here.ok(['check'])).stdout).toMatch(/! db: prod\/db-master ends in a hyphen and six characters/)
  here.write('lockstep.yml', here.read('lockstep.yml').replace('prod/db-master', 'prod/db-main'))
  expect((await here.json(['check'])).data.warnings).toEqual([])
  expect(fake().calls.count()).toBe(0)
})

describe('on record', () => {
  test('events that go to a stream only cannot be read back: history says where they are', async () => {
    const here = project().configure(
      onAws(fake(), {
        audit: [{ kind: 'stderr' }],
        secrets: {
          db: { strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
        },
      }),
    )
    const ran = await here.main(['history', 'db'])
    expect(ran.code).toBe(2)
    expect(ran.stderr).toMatch(/events of cloud go to stderr[\s\S]*kind: file, file: lockstep-audit\.jsonl/)
  })

  test('what cannot be recorded is not done', async () => {
    const here = project().configure(
      onAws(fake(), {
        audit: [{ kind: 'file', file: 'no/such/folder/audit.jsonl' }],
        secrets: {
          db: {
            id: 'unrecorded',
            strategy: 'single-user',
            target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] },
          },
        },
      }),
    )
    const ran = await here.main(['secret', 'put', 'db'], { input: '{"username":"u","password":"p"}' })
    expect(ran.code).toBe(5)
    expect(ran.stderr).toContain('audit.jsonl cannot be written')
    expect(fake().calls.count('CreateSecret')).toBe(0)
  })

  test('history passes over lines that are no events', async () => {
    const here = project().configure(
      onAws(fake(), {
        secrets: {
          db: { strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
        },
      }),
    )
    expect((await here.ok(['history', 'db'])).stdout).toContain('no history yet')
    const event = (name: string, minute: number) =>
      JSON.stringify({
        schema: 1,
        timestamp: `2026-01-01T00:0${minute}:00.000Z`,
        event_type: 'secret_rotated',
        secret_id: name,
        secret_version: {},
        actor: { user_id: 'me', user_agent: 'x' },
        result: 'success',
        duration_ms: 0,
        metadata: { rotation_type: 'manual' },
      })
    const lines = [event('db', 1), 'null', '{"schema":1', event('other', 2), event('db', 3), event('db', 4)]
    here.write('audit.jsonl', lines.join('\n'))
    const { data } = await here.json(['history', 'db', '--limit', '2'])
    expect(data.events.map(({ timestamp }: { timestamp: string }) => timestamp.slice(15, 16))).toEqual(['3', '4'])
  })
})
