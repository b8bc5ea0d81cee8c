/**
 * What somebody asks of the HTTP function `rotate`. Untrusted: the platform has checked who may call, not what he sends.
 * @module
 */
import { RotationError } from '../errors.ts'
import { fieldOf, isObject, textOf } from './untrusted.ts'

export interface Order {
  /** The name in the configuration. */
  readonly secret: string
  readonly force: boolean
  readonly reason?: string
}

const FIELDS = ['secret', 'force', 'reason']
const NAME = /^[^\p{Cc}]{1,512}$/u
const REASON = /^[^\p{Cc}]{1,500}$/u

/** Anything else than such an order: `refused`, naming the field, never what was there. */
export function parseOrder(body: unknown): Order {
  if (!isObject(body)) throw refused('The body is no JSON object with the field secret.')
  if (Object.keys(body).some(field => !FIELDS.includes(field)))
    throw refused(`The body has other fields than ${FIELDS.join(', ')}.`)
  const secret = textOf(body, 'secret')
  if (secret === undefined || !NAME.test(secret)) throw wrong('secret', 'must be the name of a secret')
  const force = fieldOf(body, 'force') ?? false
  if (typeof force !== 'boolean') throw wrong('force', 'must be true or false')
  if (fieldOf(body, 'reason') === undefined) return { secret, force }
  const reason = textOf(body, 'reason')
  if (reason === undefined || !REASON.test(reason)) throw wrong('reason', 'must be a text of one line')
  return { secret, force, reason }
}

const wrong = (field: string, says: string): RotationError => refused(`The field ${field} of the body ${says}.`, field)

const refused = (message: string, at?: string): RotationError =>
  new RotationError('refused', message, { at, next: 'Send JSON such as {"secret":"orders-db"}.' })
