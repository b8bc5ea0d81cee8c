/**
 * The scheduled function over the fake of Secrets Manager. Planted, and each failed here: RotateSecret's refusal thrown, a rotation of our
 * own begun where the service rotates, what is left answered as done, a store of another cloud let through.
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSchedule } from '../../aws/schedule-event.ts'
import { createSweep } from '../../aws/sweep.ts'
import { RotationError } from '../../core/errors.ts'
import { fuzzed } from '../fuzz.ts'
import { configText, DAY, FleetPlace, MINUTE, thrown } from './fleet-support.ts'

const many = (count: number) => Array.from({ length: count }, (_, n) => `app/db-${String(n).padStart(4, '0')}`)
const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2030-01-01T03:00:00Z', detail: {} }

describe('a pass', () => {
  test('rotates what is due, retires what is over, and rests', async () => {
    const place = new FleetPlace(many(12))
    const handler = createSweep(place.surroundings)
    expect(await handler(scheduled, place.context())).toMatchObject({ looked: 0 })
    place.clock.time += 31 * DAY
    expect((await handler(scheduled, place.context())).outcomes).toEqual({ rotated: 12 })
    for (const name of place.names) {
      expect(place.current(name)).not.toBe('first')
      expect(place.works(name)).toBe(true)
    }
    expect(place.events('secret_rotated')).toHaveLength(12)
    place.clock.time += 2 * 60 * MINUTE
    expect((await handler(scheduled, place.context())).outcomes).toEqual({ retired: 12 })
    place.fake.calls.reset()
    expect(await handler(scheduled, place.context())).toMatchObject({ looked: 0, failed: 0, left: 0 })
    expect(place.fake.calls.list.map(({ op }) => op)).toEqual(['ListSecrets'])
  })

  test('of 10,000 secrets with nothing due: a hundred pages, nothing else, and at most 200 MB', () => {
    const file = path.join(import.meta.dirname, 'sweep-process.ts')
    const { calls, answer, peakMiB } = JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
    expect(answer).toMatchObject({ secrets: 10_000, looked: 0, failed: 0, left: 0 })
    expect(calls).toEqual({ ListSecrets: 100 })
    expect(peakMiB).toBeLessThanOrEqual(200)
  }, 60_000)

  test('one secret that fails stops no other; what only a person mends is no reason to deliver again', async () => {
    const place = new FleetPlace(many(12))
    place.clock.time += 31 * DAY
    place.fake.permissions.denyAction('test', 'secretsmanager:PutSecretValue', [
      place.fake.service.peek('app/db-0003').arn,
    ])
    const answer = await createSweep(place.surroundings)(scheduled, place.context())
    expect(answer).toMatchObject({ outcomes: { rotated: 11 }, failed: 1 })
    const [line] = place.lines.filter(({ level, code }) => level === 'ERROR' && code === 'access-denied')
    expect(line).toMatchObject({ secret: 'app-db-0003', do: 'rotate', handedOver: false })
  })

  test('what may pass is thrown, so that it is delivered again; with a queue it is there', async () => {
    const place = new FleetPlace(many(12))
    place.clock.time += 31 * DAY
    place.fake.faults.every('PutSecretValue', 'throttle')
    const handler = createSweep(place.surroundings)
    expect(await thrown(handler(scheduled, place.context()))).toMatchObject({ code: 'busy' })
    place.env.LOCKSTEP_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/lockstep'
    const answer = await handler(scheduled, place.context())
    expect(answer.handedOver).toBe(place.queued.length)
    expect(place.queued.map(({ secret }) => secret)).toHaveLength(12)
  })

  test('stops in time, and says that it is not done', async () => {
    const place = new FleetPlace(many(40))
    place.clock.time += 31 * DAY
    const end = place.clock.time + 30_000
    const { surroundings } = place
    const write = async (line: string) => {
      await surroundings.write(line)
      place.clock.time += 500
    }
    const slow = { ...surroundings, write }
    const error = await thrown(createSweep(slow)(scheduled, place.context(30_000)))
    expect(error.code).toBe('no-time')
    expect(error.message).toMatch(/^no-time: \d+ secrets are left/)
    expect(place.clock.time).toBeLessThanOrEqual(end)
    expect(place.events('secret_rotated').length).toBeGreaterThan(3)
    for (const name of place.names) expect(place.works(name)).toBe(true)
  })
})

describe('where Secrets Manager rotates', () => {
  const due = () => {
    const place = new FleetPlace(many(11))
    place.driven('driven')
    place.text = configText(['driven'])
    place.clock.time += 31 * DAY
    return place
  }

  test('it is asked to, by RotateSecret, and nothing is begun here', async () => {
    const place = due()
    const started: string[] = []
    place.fake.service.onRotate(({ arn }) => void started.push(arn))
    const answer = await createSweep(place.surroundings)(scheduled, place.context())
    expect(answer.outcomes).toMatchObject({ asked: 1 })
    expect(started).toEqual([place.fake.service.peek('driven').arn])
    expect(place.fake.calls.count('PutSecretValue')).toBe(0)
  })

  test('one that is under way is no failure', async () => {
    const place = due()
    place.fake.service.beginRotation('driven')
    const answer = await createSweep(place.surroundings)(scheduled, place.context())
    expect(answer).toMatchObject({ failed: 0, outcomes: { 'under-way': 1 } })
    expect(place.fake.calls.count('RotateSecret')).toBe(0)
  })

  test('nor is one that began after the look', async () => {
    const place = due()
    const { surroundings } = place
    const racing = createSweep({
      ...surroundings,
      open: async options => {
        const store = await surroundings.open!(options)
        const ask = store.startRotation.bind(store)
        store.startRotation = async (...given) => {
          place.fake.service.beginRotation('driven')
          return ask(...given)
        }
        return store
      },
    })
    expect(await racing(scheduled, place.context())).toMatchObject({ failed: 0, outcomes: { 'under-way': 1 } })
    expect(place.fake.calls.count('RotateSecret')).toBe(1)
  })

  test('a role that may not ask is told which right it lacks', async () => {
    const place = due()
    place.fake.permissions.denyAction('test', 'secretsmanager:RotateSecret')
    await createSweep(place.surroundings)(scheduled, place.context())
    const [line] = place.lines.filter(({ code }) => code === 'access-denied')
    expect(line?.message).toContain('secretsmanager:RotateSecret')
  })
})

describe('configuration', () => {
  test.each([
    ['local', '{ kind: local, file: m.db, key: { env: KEY } }'],
    ['gcp', '{ kind: gcp, project: my-project, readBy: latest }'],
  ])('a store of kind %s is out of reach, and named', async (kind, store) => {
    const place = new FleetPlace(['a'])
    place.text = configText(['a'], store)
    const error = await thrown(createSweep(place.surroundings)(scheduled, place.context()))
    expect(error.code).toBe('config-invalid')
    expect(error.message).toContain(`of kind ${kind}`)
  })

  test('absent: says where it was looked for, and reads it anew the next time', async () => {
    const place = new FleetPlace(['a'])
    const handler = createSweep({ ...place.surroundings, folder: '/nowhere' })
    expect((await thrown(handler({}, place.context()))).message).toMatch(/\/nowhere\/lockstep.yml cannot be read/)
    expect((await thrown(handler({}, place.context()))).code).toBe('config-invalid')
  })

  test('a variable that begins as ours do and is none', async () => {
    const place = new FleetPlace(['a'])
    place.env.LOCKSTEP_QUEUE = 'x'
    const error = await thrown(createSweep(place.surroundings)({}, place.context()))
    expect(error.message).toContain('LOCKSTEP_QUEUE_URL')
  })
})

describe('the event', () => {
  test.each([
    [undefined],
    [null],
    [{}],
    [{ do: 'sweep' }],
    [{ do: 'sweep', time: '2030-01-01T03:00:00Z' }],
    [scheduled],
    [
      {
        version: '0',
        id: 'x',
        'detail-type': 'Scheduled Event',
        source: 'aws.scheduler',
        time: '2030-01-01T03:00:00Z',
        detail: '{}',
      },
    ],
  ])('%j is one', event => {
    expect(() => parseSchedule(event)).not.toThrow()
  })

  test.each([
    [{ Records: [] }],
    [{ do: 'rotate' }],
    [{ Step: 'createSecret' }],
    [{ ...scheduled, source: 'aws.secretsmanager' }],
    [{ ...scheduled, time: 'soon' }],
    [[]],
    ['sweep'],
    [Object.create(scheduled)],
  ])('%j is none, unless it is empty', event => {
    if (Object.keys(event).length === 0 && !Array.isArray(event)) expect(parseSchedule(event)).toEqual({})
    else expect(() => parseSchedule(event)).toThrow(expect.objectContaining({ code: 'refused' }))
  })

  test('100,000 of them', () => {
    const { understood, refused } = fuzzed(scheduled, candidate => {
      const { time } = parseSchedule(candidate)
      if (time !== undefined && Number.isNaN(Date.parse(time))) throw new RotationError('internal', 'no time')
    })
    expect(understood).toBeGreaterThan(5_000)
    expect(refused).toBeGreaterThan(20_000)
  })
})
