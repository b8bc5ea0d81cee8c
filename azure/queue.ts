/**
 * A queue of Azure Storage as the queue of work: its trigger is the function `worker`.
 * @module
 */
import { Buffer } from 'node:buffer'
import type { QueueClient } from '@azure/storage-queue'
import { RotationError } from '../core/errors.ts'
import { inParallel } from '../core/fleet/pool.ts'
import { writeItem } from '../core/fleet/work-item.ts'
import type { Environment } from '../core/functions/configuration.ts'
import type { Duration } from '../core/ports/clock.ts'
import type { WorkItem, WorkQueue } from '../core/ports/work-queue.ts'
import { factsOf } from './errors.ts'
import { type AzureClock, Sender } from './send.ts'

type Bounds = Parameters<WorkQueue['send']>[1]

/** The account that every function app has: https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity */
export const CONNECTION = 'AzureWebJobsStorage'
export const DEFAULT_QUEUE = 'lockstep-work'

const NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/
/** One request takes one message. */
const WIDTH = 8
/** A schedule finds it again long before: nobody wants to work off what is older. */
const LIFE: Duration = 24 * 3_600_000

const PUT = {
  service: 'Blob storage',
  operation: 'PutMessage',
  action: 'Microsoft.Storage/storageAccounts/queueServices/queues/messages/add/action',
  writes: true,
} as const

export class StorageQueue implements WorkQueue {
  readonly #name: string
  readonly #sender: Sender
  readonly #connect: () => Promise<QueueClient>
  #queue: Promise<QueueClient> | undefined

  constructor(name: string, clock: AzureClock, connect: () => Promise<QueueClient>) {
    this.#name = name
    this.#sender = new Sender(clock)
    this.#connect = connect
  }

  async send(items: readonly WorkItem[], bounds: Bounds): Promise<void> {
    if (items.length === 0) return
    this.#queue ??= this.#connect()
    this.#queue.catch(() => {
      this.#queue = undefined
    })
    const queue = await this.#queue
    const [first, ...others] = items
    await this.#put(queue, first!, bounds, true)
    const failed: unknown[] = []
    await inParallel(others, WIDTH, async item => {
      await this.#put(queue, item, bounds, false).catch(error => failed.push(error))
    })
    if (failed.length > 0) throw failed[0]
  }

  /** In base64, as the trigger expects by default. `create`: a queue that is not there is made. */
  async #put(queue: QueueClient, item: WorkItem, bounds: Bounds, create: boolean): Promise<void> {
    const text = Buffer.from(writeItem(item)).toString('base64')
    const asked = { ...PUT, at: this.#name }
    try {
      await this.#sender.send(bounds, asked, async abortSignal => {
        try {
          await queue.sendMessage(text, { abortSignal, messageTimeToLive: LIFE / 1000 })
        } catch (error) {
          if (!create || factsOf(error).code !== 'QueueNotFound') throw error
          await queue.createIfNotExists({ abortSignal })
          await queue.sendMessage(text, { abortSignal, messageTimeToLive: LIFE / 1000 })
        }
      })
    } catch (error) {
      throw ofQueue(error)
    }
  }
}

/** The mapping is that of Blob storage, whose words would name the wrong service. */
function ofQueue(error: unknown): unknown {
  if (!(error instanceof RotationError)) return error
  const { code, at, foreign, next } = error
  const message =
    code === 'access-denied' ? `${PUT.action} is not allowed.` : 'The queue did not take the work that was handed over.'
  return new RotationError(code, message, { at, foreign, next })
}

/** LOCKSTEP_QUEUE, or its default name. No name of a queue: `config-invalid`. */
export function queueName(env: Environment): string {
  const name = env.LOCKSTEP_QUEUE || DEFAULT_QUEUE
  if (NAME.test(name)) return name
  const message = 'LOCKSTEP_QUEUE must be the name of a queue: 3 to 63 lower-case letters, digits and single -.'
  throw new RotationError('config-invalid', message, { at: 'LOCKSTEP_QUEUE' })
}

/** The app's own account, by a connection string or by identity. Neither is set: undefined. */
export function connection(env: Environment): ((name: string) => Promise<QueueClient>) | undefined {
  const text = env[CONNECTION]
  const account = env[`${CONNECTION}__accountName`]
  const url = env[`${CONNECTION}__queueServiceUri`] || (account && `https://${account}.queue.core.windows.net`)
  if (!text && !url) return undefined
  return async name => {
    const { QueueServiceClient } = await sdk()
    const retryOptions = { maxTries: 1 }
    if (text) return QueueServiceClient.fromConnectionString(text, { retryOptions }).getQueueClient(name)
    const { DefaultAzureCredential } = await import('@azure/identity')
    return new QueueServiceClient(url!, new DefaultAzureCredential(), { retryOptions }).getQueueClient(name)
  }
}

async function sdk(): Promise<typeof import('@azure/storage-queue')> {
  try {
    return await import('@azure/storage-queue')
  } catch {
    throw new RotationError('driver-missing', 'The queue needs the package `@azure/storage-queue`.', {
      next: 'Run `npm install @azure/storage-queue`.',
    })
  }
}
