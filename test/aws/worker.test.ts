/**
 * The function behind the queue, over the fake of Secrets Manager. Planted, and each failed here: a failure left out of the answer, an
 * answer for a batch of which nothing was done, a message of an unknown secret dropped, a redelivery that rotates again.
 */
import { describe, expect, test } from 'vitest'
import { parseBatch } from '../../aws/queue-event.ts'
import { createWorker } from '../../aws/worker.ts'
import { writeItem } from '../../core/fleet/work-item.ts'
import { fuzzed } from '../fuzz.ts'
import { DAY, FleetPlace, MINUTE, thrown } from './fleet-support.ts'

const message = (id: string, secret: string, what: 'rotate' | 'retire' = 'rotate') => ({
  messageId: id,
  receiptHandle: 'handle',
  body: writeItem({ secret, do: what, asked: 0 }),
  attributes: { ApproximateReceiveCount: '1' },
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:lockstep',
})
const batch = (...Records: object[]) => ({ Records })
const ids = (...failed: string[]) => ({ batchItemFailures: failed.map(itemIdentifier => ({ itemIdentifier })) })

const due = (...names: string[]) => {
  const place = new FleetPlace(names)
  place.clock.time += 31 * DAY
  return place
}

describe('a batch', () => {
  test('is done, and nothing of it is delivered again', async () => {
    const place = due('a', 'b', 'c')
    const handler = createWorker(place.surroundings)
    const event = batch(message('1', 'a'), message('2', 'b'), message('3', 'c'))
    expect(await handler(event, place.context())).toEqual(ids())
    for (const name of place.names) {
      expect(place.current(name)).not.toBe('first')
      expect(place.works(name)).toBe(true)
    }
  })

  test('delivered twice, days later too, or naming a secret twice: rotated once', async () => {
    const place = due('a')
    const handler = createWorker(place.surroundings)
    const event = batch(message('1', 'a'), message('2', 'a'))
    expect(await handler(event, place.context())).toEqual(ids())
    const once = place.current('a')
    expect(await handler(event, place.context())).toEqual(ids())
    place.clock.time += DAY
    expect(await handler(event, place.context())).toEqual(ids())
    expect(place.current('a')).toBe(once)
    const ended = place.events('secret_rotated') as { result: string; metadata: { rotation_id: string } }[]
    expect(ended.filter(({ result }) => result === 'success')).toHaveLength(1)
    // whoever comes soon after cannot know whether the record was written, and writes it again
    expect(new Set(ended.map(({ result }) => result))).toEqual(new Set(['success', 'already']))
    expect(new Set(ended.map(({ metadata }) => metadata.rotation_id)).size).toBe(1)
  })

  test('retires what its grace is over for, and not before', async () => {
    const place = due('a')
    const handler = createWorker(place.surroundings)
    await handler(batch(message('1', 'a')), place.context())
    expect(await handler(batch(message('2', 'a', 'retire')), place.context())).toEqual(ids())
    expect(place.events('secret_revoked')).toHaveLength(0)
    place.clock.time += 61 * MINUTE
    await handler(batch(message('3', 'a', 'retire')), place.context())
    expect(place.events('secret_revoked')).toHaveLength(1)
  })

  test('names what failed, and only that', async () => {
    const place = due('a', 'b', 'c')
    place.fake.permissions.denyAction('test', 'secretsmanager:DescribeSecret', [place.fake.service.peek('b').arn])
    const event = batch(message('1', 'a'), message('2', 'b'), message('3', 'c'), message('4', 'nobody'))
    expect((await createWorker(place.surroundings)(event, place.context())).batchItemFailures).toHaveLength(2)
    expect(place.works('a') && place.works('c')).toBe(true)
    expect(place.current('c')).not.toBe('first')
    const codes = place.lines.filter(({ level }) => level === 'ERROR').map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['access-denied', 'usage']))
  })

  test('of which nothing was done is thrown: no setting of the event source can take that for success', async () => {
    const place = due('a')
    const forged = { ...message('1', 'a'), body: '{"secret":"a","do":"drop"}' }
    const error = await thrown(createWorker(place.surroundings)(batch(forged), place.context()))
    expect(error.code).toBe('refused')
  })

  test('for which there is no time is delivered again', async () => {
    const place = due('a', 'b')
    const error = await thrown(
      createWorker(place.surroundings)(batch(message('1', 'a'), message('2', 'b')), place.context(5_000)),
    )
    expect(error.code).toBe('no-time')
    const handler = createWorker(place.surroundings)
    expect(await handler(batch(message('1', 'a'), message('2', 'b')), place.context())).toEqual(ids())
    expect(place.works('a') && place.works('b')).toBe(true)
  })
})

describe('the event', () => {
  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['no messages', batch()],
    ['another source', batch({ ...message('1', 'a'), eventSource: 'aws:sns' })],
    ['no id', batch({ ...message('1', 'a'), messageId: undefined })],
    ['an id that is none', batch({ ...message('1', 'a'), messageId: 'a b' })],
    ['inherited fields', batch(Object.create(message('1', 'a')))],
  ])('%s: refused as a whole', (_, event) => {
    expect(() => parseBatch(event)).toThrow(expect.objectContaining({ code: 'refused' }))
  })

  test('100,000 of them', () => {
    const { understood, refused } = fuzzed(batch(message('1', 'a'), message('2', 'b')), candidate => {
      for (const { id } of parseBatch(candidate)) if (!/^[\w-]+$/.test(id)) throw new Error('id')
    })
    expect(understood).toBeGreaterThan(5_000)
    expect(refused).toBeGreaterThan(30_000)
  })
})
