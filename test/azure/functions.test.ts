/**
 * What the functions answer, and what they leave alone. Planted: an event believed without a look at the vault, the message of an error
 * in the body, success after a failure, a new version of ours acted on: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { FunctionFailure } from '../../azure/functions.ts'
import { scheduleOf, timeoutOf } from '../../azure/settings.ts'
import { type Casing, cloudEvent, eventGridEvent, type ServiceEvent } from '../fakes/azure/key-vault.ts'
import { refusal } from '../refusal.ts'
import { DAY, FunctionPlace } from './function-place.ts'

const CANARY = 'canary-of-the-service'
const GET = 'Microsoft.KeyVault/vaults/secrets/getSecret/action'
const item = { secret: 'app', do: 'rotate', asked: '2030-01-01T00:00:00.000Z' }

/** The interval is over. */
function due(options?: ConstructorParameters<typeof FunctionPlace>[0]): FunctionPlace {
  const place = new FunctionPlace(options)
  place.clock.time += 366 * DAY
  return place
}

/** So late that the vault has sent its event. */
function nearExpiry(): { place: FunctionPlace; event: ServiceEvent } {
  const place = new FunctionPlace()
  place.clock.time += 61 * DAY
  return { place, event: lastEvent(place, 'SecretNearExpiry') }
}

const lastEvent = (place: FunctionPlace, type: ServiceEvent['type']): ServiceEvent =>
  place.vault.service.events.findLast(event => event.type === type && event.name.toLowerCase() === 'app-db')!

const thrownBy = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  )

describe('onNearExpiry', () => {
  test.each(['pascal', 'camel', 'spaced', 'mixed'] as Casing[])(
    'both schemas, spelt %s: rotated, before our interval is over',
    async casing => {
      for (const written of [eventGridEvent, cloudEvent]) {
        const { place, event } = nearExpiry()
        await place.onEvent(written(event, casing))
        expect(place.versions).toBe(2)
        expect(place.lines.at(-1)).toMatchObject({ method: 'info', secret: 'app', outcome: 'rotated' })
      }
    },
  )

  test('delivered again, twice at once, and after the new version: one rotation', async () => {
    const { place, event } = nearExpiry()
    const sent = eventGridEvent(event)
    await Promise.allSettled([place.onEvent(sent), place.onEvent(sent)])
    await place.onEvent(sent)
    expect(place.versions).toBe(2)
    const before = place.writes
    for (const later of [0, DAY, 20 * DAY]) {
      place.clock.time += later
      await place.onEvent(sent)
    }
    expect(place.writes).toBe(before)
  })

  test('a rotation starts no other: every event of the vault that follows is ignored', async () => {
    const { place, event } = nearExpiry()
    await place.onEvent(eventGridEvent(event))
    const before = place.writes
    place.clock.time += 5 * DAY
    const raised = place.vault.service.events
    expect(raised.filter(({ type }) => type === 'SecretNewVersionCreated').length).toBeGreaterThan(1)
    for (const each of raised) await place.onEvent(eventGridEvent(each))
    expect(place.writes).toBe(before)
    expect(place.versions).toBe(2)
  })

  test('an event that says what the vault does not show: ignored', async () => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    const { latest: version } = place.vault.service.peek('App-DB')
    const resourceId = '/subscriptions/1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/my-kv'
    const forged: ServiceEvent = {
      ...{ id: 'e-1', type: 'SecretNearExpiry', vault: 'my-kv', resourceId, name: 'App-DB', version },
      ...{ exp: Math.floor(place.clock.time / 1000), time: place.clock.time },
    }
    await place.onEvent(eventGridEvent(forged))
    expect(place.writes).toBe(0)
    expect(place.lines).toHaveLength(1)
  })

  test('for an old version, and for a disabled one: ignored', async () => {
    const { place, event } = nearExpiry()
    place.edit('App-DB', JSON.stringify({ username: place.user, password: 'first' }))
    await place.onEvent(eventGridEvent(event))
    expect(place.versions).toBe(2)
    const other = nearExpiry()
    other.place.vault.service.updateAsPerson('App-DB', { enabled: false })
    await other.place.onEvent(eventGridEvent(other.event))
    expect(other.place.writes).toBe(0)
  })

  test.each<[string, object]>([
    ['another vault', { topic: '/providers/Microsoft.KeyVault/vaults/other', data: { ObjectName: 'App-DB' } }],
    ['another secret', { subject: 'other', data: { VaultName: 'my-kv' } }],
    ['no Key Vault', { eventType: 'Microsoft.Storage.BlobCreated' }],
    ['nothing', { data: null }],
    ['a contradiction', { subject: CANARY }],
  ])('of %s: acknowledged, nothing is asked of the vault, a line says why', async (_, change) => {
    const { place, event } = nearExpiry()
    place.vault.calls.reset()
    await place.onEvent({ ...eventGridEvent(event), ...change })
    expect(place.vault.calls.count()).toBe(0)
    expect(place.lines).toHaveLength(1)
    expect(JSON.stringify(place.lines)).not.toContain(CANARY)
  })

  test('a failure throws, with the code and the id of the invocation only', async () => {
    const { place, event } = nearExpiry()
    place.vault.permissions.denyAction('test', GET)
    const thrown = await thrownBy(place.onEvent(eventGridEvent(event)))
    expect(thrown).toBeInstanceOf(FunctionFailure)
    expect(thrown?.message).toBe(`access-denied (request ${place.context.invocationId})`)
    expect(thrown?.stack).toBe(thrown?.message)
    expect(place.lines.at(-1)).toMatchObject({
      method: 'error',
      code: 'access-denied',
      message: expect.stringContaining(GET),
    })
  })
})

describe('rotate', () => {
  test('rotates what is due, and answers without a value', async () => {
    const place = due()
    const requestId = place.context.invocationId
    expect(await place.order({ secret: 'app' })).toEqual({
      status: 200,
      jsonBody: { secret: 'app', outcome: 'rotated', requestId },
    })
    const { password } = JSON.parse(place.vault.service.latestValue('App-DB'))
    expect(JSON.stringify(place.lines)).not.toContain(password)
  })

  test('not due: nothing; with force: now', async () => {
    const place = new FunctionPlace()
    place.clock.time += DAY
    expect((await place.order({ secret: 'app' })).jsonBody).toMatchObject({ outcome: 'not-due' })
    expect((await place.order({ secret: 'app', force: true })).jsonBody).toMatchObject({ outcome: 'rotated' })
  })

  test.each<[unknown, number, string]>([
    ['', 400, 'refused'],
    [`{${CANARY}`, 400, 'refused'],
    [{ secret: 'a'.repeat(5_000) }, 400, 'refused'],
    [{ secret: CANARY }, 404, 'usage'],
  ])('%j is refused by a code', async (body, status, code) => {
    const answer = await due().order(body)
    expect(answer).toEqual({ status, jsonBody: { code, retry: 'no', requestId: expect.any(String) } })
  })

  test('what fails is answered by a code', async () => {
    const place = due()
    place.vault.permissions.denyAction('test', GET)
    const { status, jsonBody } = await place.order({ secret: 'app' })
    expect([status, jsonBody]).toEqual([
      500,
      { code: 'access-denied', retry: 'no', requestId: place.context.invocationId },
    ])
  })
})

describe('sweep', () => {
  test('nothing due: nothing is written; due: rotated', async () => {
    const place = new FunctionPlace()
    await place.functions.sweep({ isPastDue: false }, place.context)
    expect(place.writes).toBe(0)
    place.clock.time += 366 * DAY
    await place.functions.sweep({ isPastDue: true }, place.context)
    expect(place.versions).toBe(2)
  })

  test('what may succeed at another delivery is a failure; in the queue, it is none', async () => {
    const broken = (place: FunctionPlace) => {
      place.vault.faults.every('GetSecret', 'reset')
      return thrownBy(place.functions.sweep({}, place.context))
    }
    const alone = due()
    expect((await broken(alone))?.message).toBe(`store-unavailable (request ${alone.context.invocationId})`)
    const queued = due({ queue: true })
    expect(await broken(queued)).toBeUndefined()
    expect(queued.queued).toContainEqual(expect.objectContaining({ secret: 'app', do: 'rotate' }))
    const lost = due({ queue: true })
    lost.queueFails = true
    expect(await broken(lost)).toBeInstanceOf(FunctionFailure)
  })
})

describe('worker', () => {
  test.each([item, JSON.stringify(item)])('does what the item says, read or as text: %j', async sent => {
    const place = due()
    await place.functions.worker(sent, place.context)
    await place.functions.worker(sent, place.context)
    expect(place.versions).toBe(2)
  })

  test('a failure throws, and the message comes again', async () => {
    const place = due()
    place.vault.permissions.denyAction('test', GET)
    expect(await thrownBy(place.functions.worker(item, place.context))).toBeInstanceOf(FunctionFailure)
    place.vault.permissions.reset()
    await place.functions.worker(item, place.context)
    expect(place.versions).toBe(2)
  })

  test.each<unknown>([
    ...['', 'no item', null, 7, [], {}, { ...item, do: 'destroy' }, { ...item, secret: 7 }, Object.create(item)],
    { ...item, secret: 'gone' },
  ])('what never can be done is not delivered again, and is in the log: %j', async odd => {
    const place = due()
    await place.functions.worker(odd, place.context)
    expect(place.vault.calls.count()).toBe(0)
    expect(place.lines.at(-1)?.method).toMatch(/^(error|warn)$/)
  })
})

describe('settings', () => {
  test('the time of a run is that of host.json, or of the setting over it', () => {
    const of = (written: string) => timeoutOf({ AzureFunctionsJobHost__functionTimeout: written })
    expect([of('00:10:00'), of('1.00:00:00'), of('-1'), of('soon'), timeoutOf({})]).toEqual(
      [10, 30, 30, 5, 5].map(minutes => minutes * 60_000),
    )
  })

  test('a schedule has six fields', () => {
    expect([scheduleOf({}), scheduleOf({ LOCKSTEP_SWEEP_SCHEDULE: '0 0 3 * * *' })]).toEqual([
      '0 */15 * * * *',
      '0 0 3 * * *',
    ])
    for (const odd of ['0 3 * * *', 'hourly', '0 0 3 * * * *', '0 0 3 * * %'])
      expect(refusal(() => scheduleOf({ LOCKSTEP_SWEEP_SCHEDULE: odd })).at).toBe('LOCKSTEP_SWEEP_SCHEDULE')
  })
})
