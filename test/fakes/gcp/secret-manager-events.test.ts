// Pub/Sub notifications and rotation notices. Sources: https://cloud.google.com/secret-manager/docs/event-notifications,
// https://cloud.google.com/secret-manager/docs/secret-rotation, resources.proto (Rotation) and secret_event.proto.
import { expect, it } from 'vitest'
import {
  ANSWERED,
  addVersion,
  DAY,
  HOUR,
  NAME,
  NUMBERED,
  PARENT,
  patch,
  stage,
  TOPIC,
} from './secret-manager/support.ts'

const withTopic = async (more: object = {}) => {
  const at = await stage()
  at.fake.service.createSecret({ id: 'app-db', topics: [TOPIC], ...more })
  return at
}

const types = (events: readonly { message: { attributes: { eventType: string } } }[]) =>
  events.map(({ message }) => message.attributes.eventType)

it('every write publishes, the echo of one’s own included; get, list and access publish nothing', async () => {
  await using at = await withTopic()
  await addVersion(at.sdk, 'one')
  const name = `${NAME}/versions/1`
  await at.sdk.disableSecretVersion({ name })
  await at.sdk.enableSecretVersion({ name })
  await at.sdk.getSecret({ name: NAME })
  await at.sdk.getSecretVersion({ name })
  await at.sdk.accessSecretVersion({ name })
  await at.sdk.listSecrets({ parent: PARENT })
  await at.sdk.listSecretVersions({ parent: NAME })
  await patch(at.sdk, { versionAliases: { current: 1 } })
  await at.sdk.destroySecretVersion({ name })
  await at.sdk.deleteSecret({ name: NAME })
  expect(types(at.fake.service.events)).toEqual([
    'TOPIC_CONFIGURED',
    'SECRET_CREATE',
    'SECRET_VERSION_ADD',
    'SECRET_VERSION_DISABLE',
    'SECRET_VERSION_ENABLE',
    'SECRET_UPDATE',
    'SECRET_VERSION_DESTROY',
    'SECRET_DELETE',
  ])
  expect(at.fake.service.events.every(each => each.topic === TOPIC)).toBe(true)
})

it('a call that is refused publishes nothing; a secret without topics neither', async () => {
  await using at = await withTopic()
  at.fake.service.createSecret({ id: 'quiet', value: 'x' })
  const before = at.fake.service.events.length
  await patch(at.sdk, { labels: {}, etag: '"0"' }).catch(() => {})
  await at.sdk.destroySecretVersion({ name: `${NAME}/versions/1` }).catch(() => {})
  at.fake.service.putAsPerson('quiet', 'y')
  expect(at.fake.service.events).toHaveLength(before)
})

it('attributes: type, format, secret and time, with a version its id; data: the resource as JSON, without a value', async () => {
  await using at = await withTopic({ labels: { a: 'b' } })
  await addVersion(at.sdk, 'one')
  const [, created, added] = at.fake.service.events
  const common = { dataFormat: 'JSON_API_V1', secretId: ANSWERED, timestamp: '2026-01-05T10:00:00.000000-00:00' }
  expect(created!.message.attributes).toEqual({ eventType: 'SECRET_CREATE', ...common })
  expect(added!.message.attributes).toEqual({ eventType: 'SECRET_VERSION_ADD', ...common, versionId: '1' })
  const [{ etag }] = await at.sdk.getSecret({ name: NAME })
  const [secret, version] = at.fake.service.eventsOf('app-db').map(each => each.data)
  expect(secret).toEqual({
    name: ANSWERED,
    replication: { automatic: {} },
    createTime: '2026-01-05T10:00:00.000Z',
    labels: { a: 'b' },
    topics: [{ name: TOPIC }],
    etag,
  })
  expect(version).toMatchObject({ name: `${ANSWERED}/versions/1`, state: 'ENABLED' })
  expect(JSON.stringify(version)).not.toContain(Buffer.from('one').toString('base64'))
  expect(added!.message.messageId).not.toBe(created!.message.messageId)
})

it('TOPIC_CONFIGURED goes to all topics whenever they change, with its type only and no data', async () => {
  await using at = await withTopic()
  const other = `${TOPIC}-2`
  await patch(at.sdk, { labels: { a: 'b' } })
  expect(types(at.fake.service.events).filter(each => each === 'TOPIC_CONFIGURED')).toHaveLength(1)
  await patch(at.sdk, { topics: [{ name: TOPIC }, { name: other }] })
  const tests = at.fake.service.events.filter(each => each.message.attributes.eventType === 'TOPIC_CONFIGURED')
  expect(tests.map(each => each.topic)).toEqual([TOPIC, TOPIC, other])
  for (const { message } of tests) {
    expect(message.attributes).toEqual({ eventType: 'TOPIC_CONFIGURED' })
    expect(message).not.toHaveProperty('data')
  }
  expect(types(at.fake.service.events).slice(-2)).toEqual(['SECRET_UPDATE', 'SECRET_UPDATE'])
})

it('SECRET_ROTATE when next_rotation_time has come; it advances by the period when it sends, whoever rotates or not', async () => {
  await using at = await stage()
  const nextAt = at.now() + HOUR
  at.fake.service.createSecret({ id: 'app-db', topics: [TOPIC], rotation: { nextAt, periodMs: 30 * DAY } })
  const [{ etag }] = await at.sdk.getSecret({ name: NAME })
  at.pass(HOUR - 1)
  expect(types(at.fake.service.events)).not.toContain('SECRET_ROTATE')
  at.pass(1)
  expect(types(at.fake.service.events).at(-1)).toBe('SECRET_ROTATE')
  const { attributes, data } = at.fake.service.eventsOf('app-db').at(-1)!
  expect(attributes).toMatchObject({ secretId: ANSWERED, timestamp: '2026-01-05T11:00:00.000000-00:00' })
  expect(data).toMatchObject({
    name: ANSWERED,
    rotation: { nextRotationTime: '2026-02-04T11:00:00.000Z', rotationPeriod: '2592000s' },
  })
  const [secret] = await at.sdk.getSecret({ name: NAME })
  expect(secret.rotation?.nextRotationTime?.seconds).toBe(String((nextAt + 30 * DAY) / 1000))
  expect(secret.etag).not.toBe(etag)
  at.pass(60 * DAY)
  expect(types(at.fake.service.events).filter(each => each === 'SECRET_ROTATE')).toHaveLength(3)
})

it('without a period there is one notice', async () => {
  await using at = await stage()
  at.fake.service.createSecret({ id: 'app-db', topics: [TOPIC], rotation: { nextAt: at.now() + HOUR } })
  at.pass(300 * DAY)
  expect(types(at.fake.service.events).filter(each => each === 'SECRET_ROTATE')).toHaveLength(1)
  expect((await at.sdk.getSecret({ name: NAME }))[0].rotation?.nextRotationTime ?? null).toBeNull()
})

it('a clock that jumps over a thousand years of hours goes on from there', async () => {
  await using at = await stage()
  at.fake.service.createSecret({ id: 'app-db', topics: [TOPIC], rotation: { nextAt: at.now() + HOUR, periodMs: HOUR } })
  at.pass(1000 * 365 * DAY)
  expect(types(at.fake.service.events).filter(each => each === 'SECRET_ROTATE')).toHaveLength(1000)
  expect(at.fake.service.peek('app-db').rotation!.nextAt).toBe(at.now() + HOUR)
})

it('expiry is a SECRET_DELETE of type EXPIRATION, a call’s one of type REQUESTED', async () => {
  await using at = await withTopic()
  await patch(at.sdk, { ttl: { seconds: 3600 } })
  at.pass(HOUR)
  expect(at.fake.service.exists('app-db')).toBe(false)
  const ended = () => at.fake.service.eventsOf('app-db').at(-1)!.attributes
  expect(ended()).toMatchObject({ eventType: 'SECRET_DELETE', deleteType: 'EXPIRATION' })
  at.fake.service.createSecret({ id: 'app-db', topics: [TOPIC] })
  await at.sdk.deleteSecret({ name: NAME })
  expect(ended()).toMatchObject({ eventType: 'SECRET_DELETE', deleteType: 'REQUESTED' })
})

it('a delayed destruction is announced, and tells when it has happened', async () => {
  await using at = await withTopic({ value: 'one', destroyTtlMs: DAY })
  await at.sdk.destroySecretVersion({ name: `${NAME}/versions/1` })
  expect(types(at.fake.service.events).at(-1)).toBe('SECRET_VERSION_DESTROY_SCHEDULED')
  at.pass(DAY)
  const last = at.fake.service.eventsOf('app-db').at(-1)!
  expect(last.attributes).toMatchObject({ eventType: 'SECRET_VERSION_DESTROY', versionId: '1' })
  expect(last.data).toMatchObject({ state: 'DESTROYED' })
})

it('a topic that is missing or may not be published to is silent to callers: only the audit log tells', async () => {
  await using at = await withTopic()
  at.fake.service.breakTopic(TOPIC, 'TOPIC_NOT_FOUND')
  const before = at.fake.service.events.length
  await addVersion(at.sdk, 'one')
  expect(at.fake.service.events).toHaveLength(before)
  expect(at.fake.service.auditLog).toEqual([
    { type: 'TOPIC_NOT_FOUND', topic: TOPIC, secret: `${NUMBERED}/secrets/app-db` },
  ])
  at.fake.service.mendTopic(TOPIC)
  await addVersion(at.sdk, 'two')
  expect(types(at.fake.service.events).at(-1)).toBe('SECRET_VERSION_ADD')
})

it('listeners are told at once, in order', async () => {
  await using at = await withTopic()
  const heard: string[] = []
  const stop = at.fake.service.onEvent(({ message }) => heard.push(message.attributes.eventType))
  await addVersion(at.sdk, 'one')
  stop()
  await addVersion(at.sdk, 'two')
  expect(heard).toEqual(['SECRET_VERSION_ADD'])
})
