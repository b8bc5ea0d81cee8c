/**
 * `--json`: one object on stdout and nothing else, for every command and every failure.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { furnished, prepare } from './database.ts'
import { furnishedRegions } from './replicated.ts'
import { parsed, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
afterAll(() => server?.stop())

describe.skipIf(server === undefined)('every command', () => {
  test('prints one object, also with an audit sink on stdout; the next command is in it', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared, { ...prepared.config, audit: [{ kind: 'stdout' }] })
    const expected: [line: string, code: number, data: object][] = [
      ['check', 0, { ok: true, secrets: ['orders-db', 'solo-db'], next: 'lockstep check --connect' }],
      [
        'check --connect',
        0,
        { ok: true, targets: [{ secret: 'orders-db', endpoints: [{ endpoint: 'main', accepts: true }] }, {}] },
      ],
      ['plan orders-db --force', 0, { do: 'steps', steps: ['create', 'set', 'test', 'finish'], overlap: 'both-valid' }],
      ['rotate orders-db', 0, { outcome: 'not-due', next: 'lockstep rotate orders-db --force' }],
      ['rotate orders-db --dry-run', 0, { do: 'nothing' }],
      ['rotate orders-db --force', 0, { secret: 'orders-db', outcome: 'rotated', resumed: false }],
      ['rotate orders-db --force', 3, { outcome: 'waiting', for: 'retire', until: expect.stringMatching(/Z$/) }],
      ['retire orders-db', 3, { outcome: 'waiting', for: 'grace' }],
      [
        'status',
        0,
        {
          secrets: [
            { name: 'orders-db', condition: 'grace' },
            { name: 'solo-db', condition: 'ok' },
          ],
        },
      ],
      [
        'status orders-db',
        0,
        { stages: [{ stage: 'current', fingerprint: expect.stringMatching(/^fp:/) }, { stage: 'previous' }] },
      ],
      [
        'history orders-db',
        0,
        { events: expect.arrayContaining([expect.objectContaining({ event_type: 'secret_rotated' })]) },
      ],
      ['rollback orders-db --dry-run', 0, { do: 'steps' }],
      ['rollback orders-db', 0, { outcome: 'rolled-back' }],
      [
        'rotate orders-db --revoke-now --reason x',
        0,
        { results: [{ outcome: 'retired' }, { outcome: 'rotated' }, { outcome: 'retired' }] },
      ],
      ['rotate --all', 0, { secrets: 2, done: [] }],
      ['doctor', 0, { ok: true, secrets: [{ secret: 'orders-db' }, { secret: 'solo-db' }] }],
      ['doctor solo-db --fix', 0, { ok: true }],
      ['metrics', 0, { metrics: expect.arrayContaining([expect.objectContaining({ name: 'secret_rotation_total' })]) }],
      ['secret get orders-db', 0, { format: 'json', user: expect.stringContaining('cli_') }],
      ['secret get orders-db --reveal --yes-print-secret', 0, { value: expect.stringContaining('password') }],
      ['store rotate-key', 0, { values: expect.any(Number) }],
      ['exit-codes', 0, { exit_codes: expect.any(Array) }],
    ]
    for (const [line, code, data] of expected) {
      const ran = await here.main([...line.split(' '), '--json'])
      expect(parsed(ran.stdout), line).toMatchObject(data)
      expect(ran.code, line).toBe(code)
    }
    const put = await here.json(['secret', 'put', 'other', '--store', 'local'], { input: 'x' })
    expect(put).toMatchObject({ code: 0, data: { outcome: 'created', id: 'other' } })
  })

  test('the commands about followers too', async () => {
    const here = await furnishedRegions(project(), await prepare(server!))
    const expected: [line: string, code: number, data: object][] = [
      [
        'status',
        0,
        { secrets: [{ condition: 'halted', leader: null, followers: null, next: 'lockstep replicate orders-db' }] },
      ],
      [
        'replicate orders-db',
        0,
        { secret: 'orders-db', leader: 'eu', epoch: 1, sequence: 1, in_sync: true, next: 'lockstep status orders-db' },
      ],
      ['replicate', 0, { secrets: [{ secret: 'orders-db', followers: [{ follower: 'us', written: false }, {}] }] }],
      [
        'rotate orders-db --force',
        0,
        { followers: [{ follower: 'us', standing: 'in-sync', sequence: 2, lag_ms: expect.any(Number) }, {}] },
      ],
      [
        'status orders-db',
        0,
        {
          ...{ leader: 'eu', epoch: 1, sequence: 2 },
          followers: [
            {
              follower: 'us',
              required: true,
              since: expect.stringMatching(/Z$/),
              behind: null,
              version: expect.any(String),
            },
            { follower: 'ap', required: false },
          ],
        },
      ],
      ['drift', 0, { drifted: 0, secrets: [{ drifted: 0, followers: [{ equal: true }, { equal: true }] }] }],
      ['drift orders-db --fail-on-drift', 0, { drifted: 0, leader: 'eu' }],
      [
        'check --connect',
        0,
        { members: [{ secret: 'orders-db', leader: 'eu', followers: [{ standing: 'in-sync' }, {}] }] },
      ],
      ['plan orders-db', 0, { leader: 'eu', followers: [{ follower: 'us', late_copy: expect.any(String) }, {}] }],
      [
        'fail-over orders-db --to us --dry-run',
        0,
        { dry_run: true, refused: false, from: 'eu', to: 'us', epoch: 2, lost: [], adopts: 'current' },
      ],
      [
        'fail-over orders-db --to us --reason x',
        0,
        { dry_run: false, quiet_until: expect.stringMatching(/Z$/), followers: [{ follower: 'eu' }, {}] },
      ],
      [
        'doctor orders-db',
        0,
        { secrets: [{ findings: expect.arrayContaining([expect.objectContaining({ kind: 'led-elsewhere' })]) }] },
      ],
    ]
    for (const [line, code, data] of expected) {
      const ran = await here.main([...line.split(' '), '--json'])
      expect(parsed(ran.stdout), line).toMatchObject(data)
      expect(ran.code, line).toBe(code)
    }
  })

  test('errors too, with all that a program needs to decide', async () => {
    const here = await furnished(project(), await prepare(server!))
    const { code, data } = await here.json(['secret', 'put', 'orders-db'], { input: 'x' })
    expect(code).toBe(4)
    expect(data.error).toMatchObject({ code: 'refused', retry: 'no', secret: 'orders-db', exit_code: 4 })
    for (const key of ['message', 'meaning', 'safe', 'next']) expect(data.error[key]).toEqual(expect.any(String))
    expect((await project().json(['status'])).data.error.code).toBe('config-invalid')
  })

  test('a fault of ours: its kind and nothing else', async () => {
    const broken = {
      now: () => {
        throw new TypeError('hidden-1')
      },
      sleep: async () => {},
    }
    const ran = await project().main(['status'], { clock: broken })
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Unexpected TypeError') })
    expect(ran.stderr).not.toMatch(/hidden-1|\n\s+at /)
    expect((await project().json(['status'], { clock: broken })).data.error.code).toBe('internal')
  })

  test('without --json the audit sink on stdout keeps its stream', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared, { ...prepared.config, audit: [{ kind: 'stdout' }] })
    const { stdout } = await here.ok(['rotate', 'solo-db', '--force'])
    expect(stdout).toMatch(/^\{"schema":1,.*"event_type":"rotation_started"/)
  })
})
