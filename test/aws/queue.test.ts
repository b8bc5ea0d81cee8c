/** The queue on SQS: the official client, with an answer of our own in place of the network. */
import { SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { openQueue } from '../../aws/queue.ts'
import { parseItem } from '../../core/fleet/work-item.ts'
import type { WorkItem } from '../../core/ports/work-queue.ts'

const URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/lockstep'
const items = (count: number): WorkItem[] =>
  Array.from({ length: count }, (_, n) => ({ secret: `s${n}`, do: 'rotate', asked: n }))

interface Entry {
  readonly Id: string
  readonly MessageBody: string
}
type Answer = (entries: readonly Entry[]) => { readonly status: number; readonly body: object }

const taken: Answer = entries => ({
  status: 200,
  body: { Successful: entries.map(({ Id }) => ({ Id, MessageId: Id, MD5OfMessageBody: 'unchecked' })), Failed: [] },
})

async function queue(answer: Answer = taken) {
  const batches: Entry[][] = []
  const requestHandler = {
    handle: async ({ body }: { body: string | Uint8Array }) => {
      const { Entries, QueueUrl } = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
      expect(QueueUrl).toBe(URL)
      batches.push(Entries)
      const { status, body: answered } = answer(Entries)
      const headers = { 'content-type': 'application/x-amz-json-1.0' }
      return { response: { statusCode: status, headers, body: Buffer.from(JSON.stringify(answered)) } }
    },
  } as never
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SQSClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1, md5: false })
  return { queue: await openQueue(URL, client), batches }
}

const call = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY }

test('sends ten at a time, each as what a worker understands', async () => {
  const { queue: sqs, batches } = await queue()
  await sqs.send(items(23), call)
  expect(batches.map(({ length }) => length)).toEqual([10, 10, 3])
  expect(batches.flat().map(({ MessageBody }) => parseItem(MessageBody))).toEqual(items(23))
  for (const batch of batches) expect(new Set(batch.map(({ Id }) => Id)).size).toBe(batch.length)
})

describe('not taken', () => {
  test('one of a batch, in an answer that says 200', async () => {
    const { queue: sqs } = await queue(entries => ({
      ...taken(entries),
      body: {
        Successful: [],
        Failed: [{ Id: '3', Code: 'InternalError', SenderFault: false, Message: 'secret words' }],
      },
    }))
    await expect(sqs.send(items(4), call)).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  test.each([
    ['AccessDeniedException', 'access-denied'],
    ['QueueDoesNotExist', 'config-invalid'],
    ['ThrottlingException', 'store-unavailable'],
  ])('%s is %s, without the words of the service', async (__type, code) => {
    const { queue: sqs } = await queue(() => ({ status: 400, body: { __type, message: 'secret words' } }))
    const error = await sqs.send(items(1), call).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code })
    expect(JSON.stringify(error)).not.toContain('secret words')
  })
})
