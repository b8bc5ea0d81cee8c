/**
 * What CloudTrail tells through EventBridge about secrets. Best effort, at least once, late, in any order, and mostly about what we did
 * ourselves. Untrusted: what it names is looked up and looked at, nothing more.
 * Events: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { fieldOf } from '../core/functions/untrusted.ts'

/** `ignored`: an event of Secrets Manager that asks for nothing; most are the echo of a rotation. */
export type Notice =
  | { readonly name: string; readonly secret: string; readonly region: string; readonly account: string }
  | { readonly ignored: string }

/** Events of the service itself, and one call: what stops the service's own rotation, and may have stopped it in the middle. */
const SERVICE = 'AWS Service Event via CloudTrail'
const CALL = 'AWS API Call via CloudTrail'
const asking: ReadonlyMap<string, readonly string[]> = new Map([
  [SERVICE, ['RotationFailed', 'RotationAbandoned']],
  [CALL, ['CancelRotateSecret']],
])

const ARN = /^arn:aws[a-z-]{0,20}:secretsmanager:([a-z0-9-]{1,40}):(\d{12}):secret:[A-Za-z0-9/_+=.@!-]{1,519}$/
const NAME = /^[A-Za-z0-9]{1,64}$/

/** Anything that is no event of Secrets Manager through CloudTrail: `refused`, naming the field. */
export function parseNotice(event: unknown): Notice {
  const type = fieldOf(event, 'detail-type')
  if (type !== SERVICE && type !== CALL) throw wrong('detail-type', `must be "${SERVICE}" or "${CALL}"`)
  if (fieldOf(event, 'source') !== 'aws.secretsmanager') throw wrong('source', 'must be aws.secretsmanager')
  const detail = fieldOf(event, 'detail')
  const name = fieldOf(detail, 'eventName')
  if (typeof name !== 'string' || !NAME.test(name)) throw wrong('detail.eventName', 'must be the name of an event')
  if (!asking.get(type)!.includes(name)) return { ignored: 'asks for nothing' }
  if (type === CALL && fieldOf(detail, 'errorCode') !== undefined) return { ignored: 'a call that failed' }
  const arn = arnIn(detail)
  const [, region, account] = (typeof arn === 'string' && ARN.exec(arn)) || []
  if (region === undefined || account === undefined) throw wrong('detail', 'must name a secret by its ARN')
  return { name, secret: arn as string, region, account }
}

/** `aRN` is how calls were written until 2024. */
const arnIn = (detail: unknown): unknown =>
  fieldOf(fieldOf(detail, 'additionalEventData'), 'SecretId') ??
  fieldOf(fieldOf(detail, 'responseElements'), 'arn') ??
  fieldOf(fieldOf(detail, 'responseElements'), 'aRN')

const wrong = (field: string, says: string): RotationError =>
  new RotationError('refused', `The field ${field} of the event ${says}.`, {
    at: field,
    next: 'Send this function only events of Secrets Manager: source aws.secretsmanager.',
  })
