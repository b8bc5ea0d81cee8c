/**
 * A batch of messages as SQS hands it to a function. Untrusted, but for who may invoke the function.
 * Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { fieldOf } from '../core/functions/untrusted.ts'

export interface Message {
  readonly id: string
  /** Anybody's who may send to the queue. */
  readonly body: unknown
}

/** What an event source can be told to collect. */
const MOST = 10_000
const ID = /^[\w-]{1,100}$/

/** Anything that is no such batch, as a whole: `refused`. Without its id, a message could not be named in the answer. */
export function parseBatch(event: unknown): readonly Message[] {
  const records = fieldOf(event, 'Records')
  if (!Array.isArray(records) || records.length === 0 || records.length > MOST) throw refused('holds no messages')
  return records.map(record => {
    if (fieldOf(record, 'eventSource') !== 'aws:sqs') throw refused('holds what is no message of SQS')
    const id = fieldOf(record, 'messageId')
    if (typeof id !== 'string' || !ID.test(id)) throw refused('holds a message without an id', 'messageId')
    return { id, body: fieldOf(record, 'body') }
  })
}

const refused = (says: string, at?: string): RotationError =>
  new RotationError('refused', `The event ${says}.`, {
    at,
    next: 'Let only the queue of the sweep invoke this function.',
  })
