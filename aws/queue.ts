/**
 * The work queue on Amazon SQS: a standard queue whose messages the worker function takes.
 * @module
 */
import type { SQSClient } from '@aws-sdk/client-sqs'
import { RotationError } from '../core/errors.ts'
import { writeItem } from '../core/fleet/work-item.ts'
import type { Call } from '../core/ports/secret-store.ts'
import type { WorkItem, WorkQueue } from '../core/ports/work-queue.ts'
import { mapQueueError } from './queue-errors.ts'

/** What SendMessageBatch takes. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH = 10
const TRIES = 3
const CONNECT_MS = 3_000
const ANSWER_MS = 10_000

type Sdk = typeof import('@aws-sdk/client-sqs')
type Bounds = Pick<Call, 'signal' | 'deadline'>

/** The SDK missing: `driver-missing`. Nothing is asked yet. */
export async function openQueue(url: string, client?: SQSClient): Promise<WorkQueue> {
  const sdk = await load()
  const requestHandler = { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS }
  return new SqsQueue(url, sdk, client ?? new sdk.SQSClient({ maxAttempts: TRIES, requestHandler }))
}

async function load(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-sqs')
  } catch {
    throw new RotationError('driver-missing', 'The queue needs the package `@aws-sdk/client-sqs`.', {
      next: 'Run `npm install @aws-sdk/client-sqs`.',
    })
  }
}

class SqsQueue implements WorkQueue {
  readonly #url: string
  readonly #sdk: Sdk
  readonly #client: SQSClient

  constructor(url: string, sdk: Sdk, client: SQSClient) {
    this.#url = url
    this.#sdk = sdk
    this.#client = client
  }

  async send(items: readonly WorkItem[], bounds: Bounds): Promise<void> {
    for (let begin = 0; begin < items.length; begin += BATCH)
      await this.#batch(items.slice(begin, begin + BATCH), bounds)
  }

  /** Each message has an answer of its own, in one that says 200. */
  async #batch(items: readonly WorkItem[], { signal }: Bounds): Promise<void> {
    const Entries = items.map((item, n) => ({ Id: String(n), MessageBody: writeItem(item) }))
    const { SendMessageBatchCommand } = this.#sdk
    const command = new SendMessageBatchCommand({ QueueUrl: this.#url, Entries })
    const { Failed = [] } = await this.#client.send(command, { abortSignal: signal }).catch(error => {
      throw mapQueueError(error, signal)
    })
    if (Failed.length === 0) return
    const message = `The queue did not take ${Failed.length} of ${items.length} items.`
    throw new RotationError('store-unavailable', message, { at: this.#url, next: 'The next sweep finds them again.' })
  }
}
