/**
 * The event with which Secrets Manager calls a rotation function. Untrusted: whoever may invoke the function can send anything.
 * Fields: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html, lengths: the service's
 * model (`ClientRequestTokenType`, `RotationTokenType`).
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { RotationId } from '../core/ports/secret-store.ts'

export type ManagedStep = 'create' | 'set' | 'test' | 'finish'

export interface RotationEvent {
  readonly step: ManagedStep
  /** The ARN. */
  readonly secret: string
  /** The id of the new version. */
  readonly token: RotationId
  /** Proves to the service, across accounts, that it has asked for this. Sensitive: never logged. */
  readonly rotationToken?: string
}

/** The service sends the first spelling of each; its documentation shows the second. */
const steps: ReadonlyMap<string, ManagedStep> = new Map([
  ['createSecret', 'create'],
  ['setSecret', 'set'],
  ['testSecret', 'test'],
  ['finishSecret', 'finish'],
  ['create_secret', 'create'],
  ['set_secret', 'set'],
  ['test_secret', 'test'],
  ['finish_secret', 'finish'],
])

const SECRET_ARN = /^arn:aws[a-z-]{0,20}:secretsmanager:[a-z0-9-]{1,40}:\d{12}:secret:[A-Za-z0-9/_+=.@!-]{1,519}$/
const TOKEN = /^[\x21-\x7e]{32,64}$/
const ROTATION_TOKEN = /^[a-zA-Z0-9-]{36,256}$/
/** No field of ours is longer. */
const LONGEST = 2048

/** Anything else than such an event: `refused`, naming the field and what was expected, never what was there. */
export function parseEvent(event: unknown): RotationEvent {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw refused('The event is no object with the fields of a rotation.')
  if (!['Step', 'SecretId', 'ClientRequestToken'].some(field => Object.hasOwn(event, field)))
    throw refused('The event is not one of Secrets Manager: it has none of the fields of a rotation.')
  const step = steps.get(text(event, 'Step') ?? '')
  if (step === undefined) throw wrong('Step', 'must be createSecret, setSecret, testSecret or finishSecret')
  const secret = matching(event, 'SecretId', SECRET_ARN, 'must be the ARN of a secret in Secrets Manager')
  const token = matching(event, 'ClientRequestToken', TOKEN, 'must be a text of 32 to 64 characters without spaces')
  const rotationToken = fieldOf(event, 'RotationToken')
  if (rotationToken === undefined || rotationToken === null) return { step, secret, token: token as RotationId }
  const says = 'must be 36 to 256 letters, digits and dashes'
  const proof = matching(event, 'RotationToken', ROTATION_TOKEN, says)
  return { step, secret, token: token as RotationId, rotationToken: proof }
}

/** The name in an ARN: without the six characters that the service appends. Of anything else: the text itself. */
export const secretName = (arn: string): string =>
  arn.replace(/^arn:[^:]*:secretsmanager:[^:]*:\d*:secret:(.+)-\w{6}$/, '$1')

/** Own data only: nothing that is inherited or computed. */
const fieldOf = (event: object, field: string): unknown => Object.getOwnPropertyDescriptor(event, field)?.value

function text(event: object, field: string): string | undefined {
  const value = fieldOf(event, field)
  return typeof value === 'string' && value.length <= LONGEST ? value : undefined
}

function matching(event: object, field: string, pattern: RegExp, says: string): string {
  const value = text(event, field)
  if (value === undefined || !pattern.test(value)) throw wrong(field, says)
  return value
}

const wrong = (field: string, says: string): RotationError => refused(`The field ${field} of the event ${says}.`, field)

const refused = (message: string, at?: string): RotationError =>
  new RotationError('refused', message, {
    at,
    next: 'Let Secrets Manager call this function: by the schedule of the secret, or `aws secretsmanager rotate-secret`.',
  })
