/**
 * A topic of Pub/Sub as the queue of work: a subscription of it pushes to the function `worker`.
 * @module
 */
import type { v1 } from '@google-cloud/pubsub'
import { RotationError } from '../core/errors.ts'
import { writeItem } from '../core/fleet/work-item.ts'
import type { Clock, Duration } from '../core/ports/clock.ts'
import type { WorkItem, WorkQueue } from '../core/ports/work-queue.ts'
import { type Asked, mapError } from './errors.ts'

type Publisher = InstanceType<typeof v1.PublisherClient>
type PublisherOptions = NonNullable<ConstructorParameters<typeof v1.PublisherClient>[0]>
type Bounds = Parameters<WorkQueue['send']>[1]

/** Of one request: https://cloud.google.com/pubsub/quotas#resource_limits */
const MOST_MESSAGES = 1000
const LONGEST_CALL: Duration = 15_000
const PUBLISH: Asked = { operation: 'Publish', permission: 'pubsub.topics.publish', writes: true }

const TOPIC = /^projects\/[a-z0-9.:-]{1,100}\/topics\/[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/

export class PubSubQueue implements WorkQueue {
  readonly #topic: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #connect: () => Promise<Publisher>
  #publisher: Promise<Publisher> | undefined

  /** `topic`: `projects/PROJECT/topics/TOPIC`; anything else: `config-invalid`. Nothing is loaded before there is something to send. */
  constructor(topic: string, clock: Pick<Clock, 'now'>, connect: () => Promise<Publisher> = publisher) {
    if (!TOPIC.test(topic))
      throw new RotationError('config-invalid', 'LOCKSTEP_QUEUE must be projects/PROJECT/topics/TOPIC.', {
        at: 'LOCKSTEP_QUEUE',
      })
    this.#topic = topic
    this.#clock = clock
    this.#connect = connect
  }

  async send(items: readonly WorkItem[], bounds: Bounds): Promise<void> {
    if (items.length === 0) return
    this.#publisher ??= this.#connect()
    this.#publisher.catch(() => {
      this.#publisher = undefined
    })
    const connected = await this.#publisher
    for (let from = 0; from < items.length; from += MOST_MESSAGES)
      await this.#publish(connected, items.slice(from, from + MOST_MESSAGES), bounds)
  }

  async #publish(connected: Publisher, items: readonly WorkItem[], { signal, deadline }: Bounds): Promise<void> {
    const timeout = Math.min(deadline - this.#clock.now(), LONGEST_CALL)
    if (signal.aborted || timeout <= 0) throw new RotationError('no-time', 'No time is left to hand work over.')
    const messages = items.map(item => ({ data: Buffer.from(writeItem(item)) }))
    try {
      await connected.publish({ topic: this.#topic, messages }, { timeout })
    } catch (error) {
      throw ofTopic(mapError(error, { ...PUBLISH, secret: this.#topic }, signal))
    }
  }
}

/** The mapping is that of Secret Manager, whose words would name the wrong service. */
function ofTopic(error: RotationError): RotationError {
  const { code, at, foreign, next } = error
  const message = code === 'access-denied' ? error.message : 'Pub/Sub did not take the work that was handed over.'
  return new RotationError(code === 'secret-not-found' ? 'refused' : code, message, {
    at,
    foreign,
    next: code === 'secret-not-found' ? 'Create the topic that LOCKSTEP_QUEUE names.' : next,
  })
}

async function publisher(): Promise<Publisher> {
  try {
    const { PubSub, v1: clients } = await import('@google-cloud/pubsub')
    // knows PUBSUB_EMULATOR_HOST, which the client of the service itself does not
    const { grpc: _, ...options } = await new PubSub().getClientConfig()
    return new clients.PublisherClient(options as PublisherOptions)
  } catch {
    throw new RotationError('driver-missing', 'The queue needs the package `@google-cloud/pubsub`.', {
      next: 'Run `npm install @google-cloud/pubsub`.',
    })
  }
}
