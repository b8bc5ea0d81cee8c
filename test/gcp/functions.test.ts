/**
 * What the functions answer, and what they leave alone. Planted: acting on an echo, the message of an error in the body, 200 after a
 * failure, an event acted on without a look at the secret, an event of another project: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { EventFailure } from '../../gcp/http.ts'
import { push } from './events.ts'
import { DAY, FunctionPlace } from './function-place.ts'

const CANARY = 'canary-of-the-service'
const item = { secret: 'app', do: 'rotate', asked: '2030-01-01T00:00:00.000Z' }

/** The interval is over. */
function due(options?: ConstructorParameters<typeof FunctionPlace>[0]): FunctionPlace {
  const place = new FunctionPlace(options)
  place.clock.time += 31 * DAY
  return place
}

const writes = ({ fake }: FunctionPlace) =>
  ['AddSecretVersion', 'UpdateSecret', 'CreateSecret'].reduce((sum, op) => sum + fake.calls.count(op), 0)

const failing = (place: FunctionPlace) => place.fake.permissions.denyAction('test', 'secretmanager.versions.access')

describe('rotate', () => {
  test('rotates what is due, and answers without a value', async () => {
    const place = due()
    const { status, body } = await place.call('rotate', { secret: 'app' }, { 'function-execution-id': 'exec-1' })
    expect([status, body]).toEqual([200, { secret: 'app', outcome: 'rotated', requestId: 'exec-1' }])
    expect(place.versions).toBe(2)
    const value = [...place.fake.service.peek('app-db').versions.values()].at(-1)!.value!
    expect(JSON.stringify(place.lines)).not.toContain(JSON.parse(value).password)
  })

  test('not due: nothing; with force: now', async () => {
    const place = new FunctionPlace()
    expect((await place.call('rotate', { secret: 'app' })).body).toMatchObject({ outcome: 'not-due' })
    expect(writes(place)).toBe(0)
    expect((await place.call('rotate', { secret: 'app', force: true })).body).toMatchObject({ outcome: 'rotated' })
  })

  test('the same delivery of a schedule, twice, rotates once', async () => {
    const place = new FunctionPlace()
    const headers = {
      'x-cloudscheduler': 'true',
      'x-cloudscheduler-jobname': 'nightly',
      'x-cloudscheduler-scheduletime': '2030-01-01T03:00:00Z',
    }
    const order = { secret: 'app', force: true }
    expect((await place.call('rotate', order, headers)).body).toMatchObject({ outcome: 'rotated' })
    place.clock.time += DAY
    expect((await place.call('rotate', order, headers)).body).toMatchObject({ outcome: 'already-rotated' })
    const later = { ...headers, 'x-cloudscheduler-scheduletime': '2030-01-02T03:00:00Z' }
    expect((await place.call('rotate', order, later)).body).toMatchObject({ outcome: 'rotated' })
    expect(place.lines.find(({ event_type }) => event_type === 'secret_rotated')).toMatchObject({
      actor: { user_id: 'cloudscheduler.googleapis.com' },
      metadata: { rotation_type: 'scheduled' },
    })
  })

  test.each([
    ['no body', undefined, {}, 'POST', 400, 'refused'],
    ['another method', { secret: 'app' }, {}, 'GET', 400, 'refused'],
    ['a value', { secret: 'app', value: CANARY }, {}, 'POST', 400, 'refused'],
    ['a secret that is not configured', { secret: CANARY }, {}, 'POST', 404, 'usage'],
  ])('%s is refused by a code', async (_, body, headers, method, status, code) => {
    const answer = await due().call('rotate', body, headers, method)
    expect([answer.status, answer.body]).toEqual([status, { code, retry: 'no', requestId: expect.any(String) }])
  })

  test('what fails is answered by a code and the id of the request, and the log has the rest', async () => {
    const place = due()
    failing(place)
    const { status, body } = await place.call('rotate', { secret: 'app' }, { 'function-execution-id': 'exec-2' })
    expect([status, body]).toEqual([500, { code: 'access-denied', retry: 'no', requestId: 'exec-2' }])
    const line = place.lines.findLast(({ severity }) => severity === 'ERROR')
    expect(line).toMatchObject({
      code: 'access-denied',
      requestId: 'exec-2',
      message: expect.stringContaining('versions.access'),
    })
  })

  test('what may succeed later is 503', async () => {
    const place = due()
    place.fake.faults.every('GetSecret', 'reset')
    expect((await place.call('rotate', { secret: 'app' })).status).toBe(503)
  })
})

describe('sweep', () => {
  test('nothing due: 200, and nothing is written', async () => {
    const place = new FunctionPlace()
    const { status, body } = await place.call('sweep')
    expect([status, body]).toEqual([200, expect.objectContaining({ secrets: 1, failed: 0, left: 0 })])
    expect(writes(place)).toBe(0)
  })

  test('rotates what is due', async () => {
    const place = due()
    expect((await place.call('sweep')).body).toMatchObject({ outcomes: { rotated: 1 } })
    expect(place.versions).toBe(2)
  })

  test('what may succeed at another delivery is a failure; in the queue, it is none', async () => {
    const broken = (place: FunctionPlace) => {
      place.fake.faults.every('GetSecret', 'reset')
      return place.call('sweep')
    }
    const alone = due()
    expect(await broken(alone)).toMatchObject({ status: 500, body: { failed: 2 } })
    const queued = due({ queue: true })
    expect(await broken(queued)).toMatchObject({ status: 200, body: { failed: 2, handedOver: 2 } })
    expect(queued.queued).toMatchObject([{ secret: 'app' }, { secret: 'app' }])
    const lost = due({ queue: true })
    lost.queueFails = true
    expect((await broken(lost)).status).toBe(500)
  })
})

describe('worker', () => {
  test('does what the item says, if it is due: 204', async () => {
    const place = due()
    expect(await place.work(item)).toEqual({ status: 204, body: undefined })
    expect(place.versions).toBe(2)
    expect((await place.work(item)).status).toBe(204)
    expect(place.versions).toBe(2)
  })

  test('a failure is delivered again', async () => {
    const place = due()
    failing(place)
    expect((await place.work(item)).status).toBeGreaterThanOrEqual(500)
    place.fake.permissions.reset()
    expect((await place.work(item)).status).toBe(204)
    expect(place.versions).toBe(2)
  })

  test.each(['', 'no item', '{"secret":"app"}', JSON.stringify({ ...item, do: 'destroy' })])(
    'what never can be done is not delivered again, and is in the log: %j',
    async text => {
      const place = due()
      expect((await place.work(text)).status).toBe(204)
      expect(place.lines.at(-1)).toMatchObject({ severity: 'ERROR', code: 'refused' })
      expect(writes(place)).toBe(0)
    },
  )

  test('a secret that is not configured any more', async () => {
    const place = due()
    expect((await place.work({ ...item, secret: 'gone' })).status).toBe(204)
    expect(place.lines.at(-1)).toMatchObject({ severity: 'WARNING' })
  })

  test('a body that Pub/Sub never sends', async () => {
    const place = due()
    expect((await place.call('worker', push({ data: 7 }))).status).toBe(204)
    expect(writes(place)).toBe(0)
  })
})

describe('onSecretEvent', () => {
  test('a schedule of Secret Manager asks: rotated, though our own interval is not over', async () => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    await place.functions.onSecretEvent(place.rotateEvent())
    expect(place.versions).toBe(2)
  })

  test('delivered again, at any time: nothing', async () => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    const event = place.rotateEvent()
    await place.functions.onSecretEvent(event)
    const before = writes(place)
    for (const later of [0, DAY, 6 * DAY]) {
      place.clock.time += later
      await place.functions.onSecretEvent(event)
    }
    expect(writes(place)).toBe(before)
    expect(place.lines.at(-1)).toMatchObject({ outcome: 'already-rotated' })
  })

  test('the echoes of our own writes start nothing', async () => {
    const place = new FunctionPlace()
    const echoes: unknown[] = []
    place.fake.service.onEvent(({ message }) => void echoes.push(message))
    place.clock.time += DAY
    await place.functions.onSecretEvent(place.rotateEvent())
    expect(echoes.length).toBeGreaterThan(1)
    const before = writes(place)
    place.clock.time += 5 * DAY
    for (const echo of echoes) {
      // also under a time and a version that would make it due
      const sent = structuredClone(echo) as { attributes: Record<string, string> }
      sent.attributes.timestamp = new Date(place.clock.time).toISOString()
      await place.functions.onSecretEvent({ data: push(sent) })
    }
    expect(writes(place)).toBe(before)
  })

  test.each([
    ['that a topic was configured', { eventType: 'TOPIC_CONFIGURED' }],
    ['another secret', { secretId: 'projects/test-project/secrets/other-db' }],
    ['a secret that the service calls otherwise', { secretId: 'projects/test-project/locations/eu/secrets/app-db' }],
    ['another project, by id', { secretId: 'projects/other-project/secrets/app-db' }],
    ['another project, by number', { secretId: 'projects/999999999999/secrets/app-db' }],
    ['a time that has not come', { timestamp: '2031-01-01T00:00:00Z' }],
    ['a time before current', { timestamp: '2029-01-01T00:00:00Z' }],
    ['no time', { timestamp: CANARY }],
    ['no secret', { secretId: undefined }],
    ['no type', { eventType: undefined }],
  ])('%s: acknowledged, nothing is written, a line says why', async (_, attributes) => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    await place.functions.onSecretEvent(place.rotateEvent(attributes))
    expect(writes(place)).toBe(0)
    expect(place.lines).toHaveLength(1)
    expect(JSON.stringify(place.lines)).not.toContain(CANARY)
  })

  test('an id and a number of one project are one', async () => {
    const place = new FunctionPlace({ project: '123456789012' })
    place.clock.time += DAY
    await place.functions.onSecretEvent(place.rotateEvent({ secretId: 'projects/other-project/secrets/app-db' }))
    expect(place.versions).toBe(1)
    await place.functions.onSecretEvent(place.rotateEvent({ secretId: 'projects/test-project/secrets/app-db' }))
    expect(place.versions).toBe(2)
  })

  test('a failure is thrown with the code and the id of the request only', async () => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    failing(place)
    const thrown = await place.functions.onSecretEvent(place.rotateEvent()).catch(error => error)
    expect(thrown).toBeInstanceOf(EventFailure)
    expect(thrown.message).toMatch(/^access-denied \(request [0-9a-f-]{36}\)$/)
    expect(thrown.stack).toBe(thrown.message)
  })
})

describe('lines', () => {
  test('are those of Cloud Logging; metrics have the names that they have on AWS', async () => {
    const place = due()
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    await place.call('rotate', { secret: 'app' }, { traceparent: `00-${trace}-00f067aa0ba902b7-01` })
    for (const line of place.lines)
      expect(line).toMatchObject({
        severity: expect.stringMatching(/^(INFO|WARNING|ERROR)$/),
        message: expect.any(String),
        time: expect.stringMatching(/^2030-.*Z$/),
        'logging.googleapis.com/trace': `projects/test-project/traces/${trace}`,
        'logging.googleapis.com/labels': { function: 'rotate', requestId: expect.any(String) },
      })
    const metrics = place.lines.filter(({ message }) => message === 'metrics')
    const about = { Namespace: 'SecretsRotation', SecretName: 'app', Environment: 'test', Strategy: 'single-user' }
    expect(metrics).toMatchObject([
      { ...about, RotationAttempts: 1, PendingRotation: 1 },
      { ...about, RotationSuccess: 1, RotationDuration: expect.any(Number), PendingRotation: 0, SecretAge: 0 },
    ])
    expect(place.lines.filter(({ event_type }) => event_type !== undefined).map(({ schema }) => schema)).toContain(1)
  })
})
