/**
 * Notifications and pushed messages. Planted: acting on SECRET_VERSION_ADD, a project compared as text with its number, an attribute
 * taken from the prototype, a future timestamp believed: each failed here or in functions.test.ts.
 */
import { describe, expect, test } from 'vitest'
import type { Config } from '../../core/config/types.ts'
import { parseItem } from '../../core/fleet/work-item.ts'
import { candidates, parseSecretEvent, projectIn, textOfPush } from '../../gcp/event.ts'
import { CANARY, fuzzed } from '../fuzz.ts'
import { refusal } from '../refusal.ts'
import { message, push, rotateEvent } from './events.ts'

const AT = '2026-11-20T03:00:00.000000-00:00'

describe('a notification', () => {
  test('of a schedule asks for a rotation', () => {
    expect(parseSecretEvent(rotateEvent())).toEqual({
      do: 'rotate',
      secret: { project: '123456789', location: undefined, id: 'app-db' },
      at: Date.UTC(2026, 10, 20, 3),
      messageId: '8231940321',
    })
    const regional = rotateEvent({ secretId: 'projects/my-proj/locations/europe-west3/secrets/a_B-9' })
    expect(parseSecretEvent(regional)).toMatchObject({
      secret: { project: 'my-proj', location: 'europe-west3', id: 'a_B-9' },
    })
  })

  test.each([
    ...['SECRET_CREATE', 'SECRET_UPDATE', 'SECRET_DELETE', 'SECRET_VERSION_ADD', 'SECRET_VERSION_ENABLE'],
    ...['SECRET_VERSION_DISABLE', 'SECRET_VERSION_DESTROY', 'SECRET_VERSION_DESTROY_SCHEDULED', 'SECRET_SOMETHING'],
  ])('%s is ignored: our own writes come back as such', eventType => {
    expect(parseSecretEvent(rotateEvent({ eventType })).do).toBe('ignore')
  })

  test('that a topic was configured is ignored: it has no secret', () => {
    const event = {
      ...rotateEvent(),
      data: { message: { attributes: { eventType: 'TOPIC_CONFIGURED' }, messageId: '1' } },
    }
    expect(parseSecretEvent(event).do).toBe('ignore')
  })

  test('in the body of an older push, with neither type nor data, is understood', () => {
    expect(parseSecretEvent(push(message()))).toMatchObject({ do: 'rotate', secret: { id: 'app-db' } })
  })

  test.each([
    ['no object', 'SECRET_ROTATE', undefined],
    ['a list', [rotateEvent()], undefined],
    ['null', null, undefined],
    ['another type', { ...rotateEvent(), type: 'google.cloud.storage.object.v1.finalized' }, 'type'],
    ['no data', { ...rotateEvent(), data: undefined }, 'message'],
    ['no message', { ...rotateEvent(), data: {} }, 'message'],
    ['a message that is a text', { ...rotateEvent(), data: { message: CANARY } }, 'message'],
    ['no type', rotateEvent({ eventType: undefined }), 'eventType'],
    ['a type that is an object', rotateEvent({ eventType: { toString: () => 'SECRET_ROTATE' } }), 'eventType'],
    ['no time', rotateEvent({ timestamp: undefined }), 'timestamp'],
    ['a time of words', rotateEvent({ timestamp: 'yesterday' }), 'timestamp'],
    ['no secret', rotateEvent({ secretId: undefined }), 'secretId'],
    ['a name of another form', rotateEvent({ secretId: `projects/p/secrets/a/versions/${CANARY}` }), 'secretId'],
    ['a path', rotateEvent({ secretId: 'projects/../secrets/a' }), 'secretId'],
    ['a line break', rotateEvent({ secretId: 'projects/p/secrets/a\n' }), 'secretId'],
    ['a huge name', rotateEvent({ secretId: `projects/p/secrets/${'a'.repeat(1e6)}` }), 'secretId'],
    [
      'attributes of a prototype',
      { type: undefined, message: { attributes: Object.create({ eventType: 'SECRET_ROTATE', timestamp: AT }) } },
      'eventType',
    ],
  ])('with %s is refused', (_, event, at) => {
    const error = refusal(() => parseSecretEvent(event))
    expect(error).toMatchObject({ code: 'refused', at })
    expect(JSON.stringify(error)).not.toContain(CANARY)
  })

  test('100,000 fuzzed ones: understood, ignored or refused, within four seconds', () => {
    const seen = fuzzed(
      rotateEvent(),
      candidate => {
        const event = parseSecretEvent(candidate)
        if (event.do === 'ignore') return
        expect(event.secret.id).toMatch(/^[A-Za-z0-9_-]{1,255}$/)
        expect(event.secret.project).toMatch(/^[a-z0-9.:-]{1,100}$/)
        if (!Number.isFinite(event.at)) throw new Error('no time')
      },
      { words: ['SECRET_ROTATE', 'SECRET_UPDATE', 'TOPIC_CONFIGURED', AT, 'projects/1/secrets/x'] },
    )
    expect(seen.cpuMs).toBeLessThan(4_000)
    expect(Math.min(seen.understood, seen.refused)).toBeGreaterThan(10_000)
  })
})

describe('what Pub/Sub pushes to the worker', () => {
  const item = JSON.stringify({ secret: 'orders-db', do: 'rotate', asked: '2030-01-01T00:00:00.000Z' })
  const data = Buffer.from(item).toString('base64')

  test('is the text of an item', () => {
    expect(parseItem(textOfPush(push({ data, messageId: '1' })))).toMatchObject({ secret: 'orders-db', do: 'rotate' })
  })

  test.each([undefined, null, 7, '', 'not base64!', 'A'.repeat(5_000), { data }])('data that is %j is refused', odd => {
    expect(() => parseItem(textOfPush(push({ data: odd, messageId: '1' })))).toThrow(
      expect.objectContaining({ code: 'refused' }),
    )
  })

  test('100,000 fuzzed ones, within four seconds', () => {
    const seen = fuzzed(push({ data, messageId: '1', attributes: {} }), body => void parseItem(textOfPush(body)), {
      words: [data, `${data}=`, Buffer.from('{"__proto__":{"secret":"a"}}').toString('base64')],
    })
    expect(seen.cpuMs).toBeLessThan(4_000)
    expect(seen.refused).toBeGreaterThan(10_000)
  })
})

describe('which secrets are meant', () => {
  const store = { kind: 'gcp', project: 'my-proj', location: undefined, readBy: 'latest' }
  const stores = new Map(
    Object.entries({ g: store, here: { ...store, location: 'europe-west3' }, number: { ...store, project: '42' } }),
  )
  const secrets = new Map(
    [...stores.keys()].map(name => [`app-${name}`, { name: `app-${name}`, store: name, id: 'app-db' }]),
  )
  const config = { stores, secrets } as unknown as Config
  const found = (project: string, location?: string, id = 'app-db') =>
    candidates({ config }, { project, location, id }).map(({ secret, sameProject }) => [secret, sameProject])

  test('by id, location and project; whether an id and a number are one, only the service knows', () => {
    expect(found('my-proj')).toEqual([
      ['app-g', true],
      ['app-number', 'unknown'],
    ])
    expect(found('42')).toEqual([
      ['app-g', 'unknown'],
      ['app-number', true],
    ])
    expect(found('my-proj', 'europe-west3')).toEqual([['app-here', true]])
  })

  test('none in another project, another location, or of another id', () => {
    expect(found('other-proj')).toEqual([['app-number', 'unknown']])
    expect(found('my-proj', 'us-east1')).toEqual([])
    expect(found('my-proj', undefined, 'App-db')).toEqual([])
  })

  test('a full name tells its project', () => {
    expect(projectIn('projects/123/secrets/a')).toBe('123')
    expect(projectIn('a')).toBeUndefined()
  })
})
