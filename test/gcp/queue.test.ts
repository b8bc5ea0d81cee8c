/**
 * Work handed over to Pub/Sub: by the official client, to a server of its own protocol that keeps what it is sent, and to Google's own
 * test server. Planted: more than 1,000 messages in one request, a denial taken for success: each failed here.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PubSub } from '@google-cloud/pubsub'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseItem } from '../../core/fleet/work-item.ts'
import type { WorkItem } from '../../core/ports/work-queue.ts'
import { PubSubQueue } from '../../gcp/queue.ts'
import { refusal } from '../refusal.ts'
import { startPstest } from '../stand/pstest.ts'
import { requireServer } from '../stand/stand.ts'
import { push } from './events.ts'
import { DAY, FunctionPlace } from './function-place.ts'

const TOPIC = 'projects/test-project/topics/lockstep-work'
const clock = { now: () => Date.now() }
const item: WorkItem = { secret: 'orders-db', do: 'rotate', asked: Date.UTC(2030, 0, 1) }
const bounds = () => ({ signal: new AbortController().signal, deadline: Date.now() + 10_000 })

// the client's own copies, as it has them
const own = createRequire(createRequire(import.meta.url).resolve('@google-cloud/pubsub'))
const { grpc, GrpcClient } = own('google-gax')

interface Sent {
  readonly topic: string
  readonly messages: readonly { readonly data: Buffer }[]
}
const requests: Sent[] = []
let fails: number | undefined
const server = new grpc.Server()

beforeAll(async () => {
  const protos = own.resolve('@google-cloud/pubsub/build/protos/protos.json')
  const { google } = new GrpcClient({ grpc }).loadProtoJSON(JSON.parse(readFileSync(protos, 'utf8')))
  server.addService(google.pubsub.v1.Publisher.service, {
    publish({ request }: { request: Sent }, answer: (error: object | null, value?: object) => void) {
      if (fails !== undefined) return answer({ code: fails, details: 'canary of the service' })
      requests.push(request)
      answer(null, { messageIds: request.messages.map((_, n) => String(n)) })
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error: Error | null, bound: number) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  vi.stubEnv('PUBSUB_EMULATOR_HOST', `127.0.0.1:${port}`)
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
})
afterEach(() => {
  requests.length = 0
  fails = undefined
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.forceShutdown()
})

describe('the queue on Google Cloud', () => {
  test('takes every item, a thousand at most in one request', async () => {
    const items = Array.from({ length: 1_001 }, (_, n) => ({ ...item, secret: `secret-${n}` }))
    await new PubSubQueue(TOPIC, clock).send(items, bounds())
    expect(requests.map(({ topic, messages }) => [topic, messages.length])).toEqual([
      [TOPIC, 1_000],
      [TOPIC, 1],
    ])
    const sent = requests.flatMap(({ messages }) => messages.map(({ data }) => parseItem(data.toString())))
    expect(sent).toEqual(items)
  })

  test('nothing to send: nothing is loaded', async () => {
    await new PubSubQueue(TOPIC, clock, () => Promise.reject(new Error('loaded'))).send([], bounds())
  })

  test('a denial names the permission, and a topic that is not there is said', async () => {
    const queue = new PubSubQueue(TOPIC, clock)
    const thrown = () =>
      queue.send([item], bounds()).then(
        () => undefined,
        error => error,
      )
    fails = 7
    expect(await thrown()).toMatchObject({
      code: 'access-denied',
      message: `pubsub.topics.publish on ${TOPIC} is not allowed.`,
    })
    fails = 5
    const absent = await thrown()
    expect(absent).toMatchObject({ code: 'refused', at: TOPIC })
    expect(JSON.stringify(absent)).not.toContain('canary')
  })

  test('no time is left, or it was interrupted: nothing is sent', async () => {
    const queue = new PubSubQueue(TOPIC, clock)
    await expect(queue.send([item], { ...bounds(), deadline: Date.now() })).rejects.toMatchObject({ code: 'no-time' })
    await expect(queue.send([item], { ...bounds(), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'no-time',
    })
    expect(requests).toEqual([])
  })

  test.each(['lockstep-work', 'projects/p/topics/', 'projects/p/subscriptions/s', `${TOPIC}\n`])(
    '%j is no topic',
    topic => {
      expect(refusal(() => new PubSubQueue(topic, clock))).toMatchObject({
        code: 'config-invalid',
        at: 'LOCKSTEP_QUEUE',
      })
    },
  )
})

const pstest = requireServer(await startPstest())
afterAll(() => pstest?.stop())

describe.skipIf(!pstest)('on Google’s own test server [emulator]', () => {
  const pubsub = async () => {
    vi.stubEnv('PUBSUB_EMULATOR_HOST', pstest!.address)
    return new PubSub({ projectId: 'test-project' })
  }
  /** What the subscription holds, and takes off it. */
  async function pulled(from: string, count: number): Promise<{ data: string; messageId: string }[]> {
    const { v1 } = await import('@google-cloud/pubsub')
    const { grpc: _, ...options } = await (await pubsub()).getClientConfig()
    const client = new v1.SubscriberClient(options as never)
    const subscription = client.subscriptionPath('test-project', from)
    const found: { data: string; messageId: string }[] = []
    while (found.length < count) {
      const [{ receivedMessages = [] }] = await client.pull({ subscription, maxMessages: 1_000 })
      for (const { message } of receivedMessages ?? [])
        found.push({
          data: Buffer.from(message!.data as Uint8Array).toString('base64'),
          messageId: message!.messageId!,
        })
      const ackIds = (receivedMessages ?? []).map(({ ackId }) => ackId!)
      await client.acknowledge({ subscription, ackIds })
    }
    await client.close()
    return found
  }

  test('every item arrives, once, and a topic that is not there is said', async () => {
    const [topic] = await (await pubsub()).createTopic('lockstep-work')
    await topic.createSubscription('everything')
    const items = Array.from({ length: 1_001 }, (_, n) => ({ ...item, secret: `secret-${n}` }))
    await new PubSubQueue(topic.name, clock).send(items, bounds())
    const arrived = await pulled('everything', items.length)
    const names = arrived.map(({ data }) => parseItem(Buffer.from(data, 'base64').toString()).secret)
    expect(names.toSorted()).toEqual(items.map(({ secret }) => secret).toSorted())
    const lost = new PubSubQueue('projects/test-project/topics/nowhere', clock).send([item], bounds())
    await expect(lost).rejects.toMatchObject({ code: 'refused', next: expect.stringContaining('topic') })
  })

  test('what a sweep cannot finish is worked off by the same function, from what the topic has', async () => {
    const [topic] = await (await pubsub()).createTopic('left-over')
    await topic.createSubscription('workers')
    const place = new FunctionPlace({ queue: new PubSubQueue(topic.name, clock) })
    place.clock.time += 31 * DAY
    place.fake.faults.every('GetSecret', 'reset')
    expect(await place.call('sweep')).toMatchObject({ status: 200, body: { handedOver: 2 } })
    place.fake.faults.clear()
    for (const message of await pulled('workers', 2))
      expect((await place.call('worker', push(message))).status).toBe(204)
    expect(place.versions).toBe(2)
  })
})
