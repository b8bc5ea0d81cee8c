/**
 * Work handed over to a queue of Azure Storage: by the official client, whose requests are answered here, and by Azurite. Planted: text
 * that is not in base64 (the trigger would not read it), a queue that is not there given up: each failed here.
 */
import { Buffer } from 'node:buffer'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { QueueServiceClient } from '@azure/storage-queue'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connection, queueName, StorageQueue } from '../../azure/queue.ts'
import { parseItem } from '../../core/fleet/work-item.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { refusal } from '../refusal.ts'
import { startAzurite } from '../stand/azurite.ts'
import { requireServer } from '../stand/stand.ts'
import { DAY, FunctionPlace } from './function-place.ts'

const item = { secret: 'orders-db', do: 'rotate', asked: Date.UTC(2030, 0, 1) } as const
const bounds = () => ({ signal: new AbortController().signal, deadline: Date.now() + 10_000 })

const texts: string[] = []
let there = true
let status = 201
let server: Server
let setting: string

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const answer = (code: number, error?: string) => {
      response.writeHead(code, { 'content-type': 'application/xml', ...(error && { 'x-ms-error-code': error }) })
      response.end(
        error ? `<?xml version="1.0"?><Error><Code>${error}</Code><Message>canary</Message></Error>` : messages,
      )
    }
    if (request.method === 'PUT') {
      there = true
      return answer(201)
    }
    if (!there) return answer(404, 'QueueNotFound')
    if (status !== 201) return answer(status, status === 403 ? 'AuthorizationPermissionMismatch' : 'ServerBusy')
    texts.push(/<MessageText>([^<]*)</.exec(body)![1]!)
    answer(201)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  setting = `DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=${Buffer.from('k').toString('base64')};QueueEndpoint=http://127.0.0.1:${port}/acct;`
})
const now = 'Tue, 01 Jan 2030 00:00:00 GMT'
const messages = `<?xml version="1.0"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>${now}</InsertionTime><ExpirationTime>${now}</ExpirationTime><PopReceipt>p</PopReceipt><TimeNextVisible>${now}</TimeNextVisible></QueueMessage></QueueMessagesList>`
afterEach(() => {
  texts.length = 0
  there = true
  status = 201
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const queue = () =>
  new StorageQueue('lockstep-work', systemClock, () => connection({ AzureWebJobsStorage: setting })!('lockstep-work'))

describe('the queue on Azure', () => {
  test('takes every item, in the base64 that the trigger expects', async () => {
    const items = Array.from({ length: 30 }, (_, n) => ({ ...item, secret: `secret-${n}` }))
    await queue().send(items, bounds())
    const sent = texts.map(text => parseItem(Buffer.from(text, 'base64').toString()))
    expect(sent.map(({ secret }) => secret).sort()).toEqual(items.map(({ secret }) => secret).sort())
  })

  test('is made where it is not there', async () => {
    there = false
    await queue().send([item, item], bounds())
    expect(texts).toHaveLength(2)
  })

  test('a denial names the action; being throttled is tried again, and said', async () => {
    const thrown = (limit = 10_000) =>
      queue()
        .send([item], { ...bounds(), deadline: Date.now() + limit })
        .then(
          () => undefined,
          error => error,
        )
    status = 403
    const denied = await thrown()
    expect(denied).toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('queues/messages/add/action'),
    })
    expect(JSON.stringify(denied)).not.toContain('canary')
    status = 503
    expect((await thrown(1_000)).retry).toBe('yes')
  })

  test('nothing to send: nothing is loaded', async () => {
    await new StorageQueue('a', systemClock, () => Promise.reject(new Error('loaded'))).send([], bounds())
  })

  test('an account is known by its connection string, its name or its address; or there is none', async () => {
    expect(connection({})).toBeUndefined()
    const byName = await connection({ AzureWebJobsStorage__accountName: 'acct' })!('q-1')
    expect(byName.url).toBe('https://acct.queue.core.windows.net/q-1')
    const byUri = await connection({ AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.windows.net' })!('q-1')
    expect(byUri.url).toBe('https://a.queue.core.windows.net/q-1')
  })

  test('a name is one of a queue', () => {
    expect([queueName({}), queueName({ LOCKSTEP_QUEUE: 'a-queue' })]).toEqual(['lockstep-work', 'a-queue'])
    for (const odd of ['A', 'a', 'two--dashes', 'https://a.queue.core.windows.net/q'])
      expect(refusal(() => queueName({ LOCKSTEP_QUEUE: odd })).code).toBe('config-invalid')
  })
})

const azurite = requireServer(await startAzurite())
afterAll(() => azurite?.stop())

describe.skipIf(!azurite)('in Azurite [emulator]', () => {
  const env = { AzureWebJobsStorage: azurite?.connectionString }
  const open = (name: string) => new StorageQueue(name, systemClock, () => connection(env)!(name))
  /** As the trigger reads them: from base64, as JSON. */
  async function received(name: string, count: number): Promise<{ item: unknown; lives: number }[]> {
    const client = QueueServiceClient.fromConnectionString(azurite!.connectionString).getQueueClient(name)
    const found: { item: unknown; lives: number }[] = []
    while (found.length < count) {
      const { receivedMessageItems } = await client.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 })
      for (const { messageText, insertedOn, expiresOn } of receivedMessageItems)
        found.push({
          item: JSON.parse(Buffer.from(messageText, 'base64').toString()),
          lives: expiresOn.getTime() - insertedOn.getTime(),
        })
    }
    return found
  }

  test('a queue that is not there is made; every item arrives, once, and not for ever', async () => {
    const items = Array.from({ length: 40 }, (_, n) => ({ ...item, secret: `secret-${n}` }))
    await open('lockstep-work').send(items, bounds())
    const arrived = await received('lockstep-work', items.length)
    const names = arrived.map(each => parseItem(JSON.stringify(each.item)).secret)
    expect(names.toSorted()).toEqual(items.map(({ secret }) => secret).toSorted())
    expect(new Set(arrived.map(({ lives }) => lives))).toEqual(new Set([DAY]))
  })

  test('what a sweep cannot finish is worked off by the same app, from what the queue has', async () => {
    const place = new FunctionPlace({ queue: open('left-over') })
    place.clock.time += 366 * DAY
    const end = place.vault.faults.every('GetSecret', 'reset')
    await place.functions.sweep({}, place.context)
    end()
    for (const each of await received('left-over', 2)) await place.functions.worker(each.item, place.context)
    expect(place.versions).toBe(2)
  })
})
