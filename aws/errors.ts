/**
 * The one mapping of everything that the SDK throws. Of the foreign error only its name survives: messages of the service
 * quote requests, and requests hold values. Names: the service's model, and https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 * @module
 */
import { type ErrorCode, RotationError } from '../core/errors.ts'

/** What was asked, for the message: the operation, and the secret by name or ARN; of STS, the role. */
export interface Asked {
  /** Default: `secretsmanager`. */
  readonly service?: 'sts'
  readonly operation: string
  readonly secret?: string | undefined
  /** Changes something: without an answer it may have been applied. */
  readonly writes: boolean
}

const DENIED = ['AccessDeniedException', 'AccessDenied', 'NotAuthorized', 'OptInRequired']
const CREDENTIALS = [
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]
const THROTTLED = [
  'RequestLimitExceeded',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]
/** The connection was never made: nothing was done. */
const UNREACHED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

interface Foreign {
  readonly name: string
  readonly code: string | undefined
  readonly message: string
  readonly status: number | undefined
}

function factsOf(error: unknown): Foreign {
  const { name, code, message, $metadata } = Object(error) as Record<string, unknown>
  const { httpStatusCode } = Object($metadata) as { httpStatusCode?: unknown }
  return {
    name: typeof name === 'string' ? name : 'unknown',
    code: typeof code === 'string' ? code : undefined,
    message: typeof message === 'string' ? message : '',
    status: typeof httpStatusCode === 'number' ? httpStatusCode : undefined,
  }
}

/** The name that the service gave the error, for the few that an operation handles itself. */
export const isService = (error: unknown, ...names: readonly string[]): boolean => names.includes(factsOf(error).name)

export function mapError(error: unknown, asked: Asked, signal?: AbortSignal): RotationError {
  if (error instanceof RotationError) return error
  const facts = factsOf(error)
  const known = named(facts, asked)
  if (known) return known
  if (facts.name === 'AbortError' && signal?.aborted)
    return failure('aborted', 'The run was interrupted.', asked, facts)
  return unanswered(facts, asked)
}

function named(facts: Foreign, asked: Asked): RotationError | undefined {
  const { name, message } = facts
  const fail = (code: ErrorCode, text: string, next?: string) => failure(code, text, asked, facts, next)
  if (DENIED.includes(name)) return isOfKey(message) ? keyDenied(asked, facts) : denied(asked, facts)
  if (CREDENTIALS.includes(name)) return badCredentials(asked, facts)
  if (THROTTLED.includes(name)) return fail('busy', `${serviceOf(asked)} is throttling ${asked.operation}.`)
  switch (name) {
    case 'ResourceNotFoundException':
      return fail('secret-not-found', 'Secrets Manager has no such secret or version.')
    case 'DecryptionFailure':
    case 'EncryptionFailure':
      return keyDenied(asked, facts)
    case 'InvalidRequestException':
      return fail('refused', `Secrets Manager refuses ${asked.operation} in the state that the secret is in.`, STATES)
    case 'LimitExceededException':
      return fail('refused', 'The secret has as many versions or staging labels as it may have.', LIMITS)
    case 'ResourceExistsException':
    case 'PreconditionNotMetException':
      return fail('stale', 'Secrets Manager holds something else under this name already.')
    case 'InvalidParameterException':
    case 'ValidationException':
    case 'InvalidNextTokenException':
      return fail('refused', `Secrets Manager does not accept the parameters of ${asked.operation}.`)
    default:
      return undefined
  }
}

const STATES =
  'Look at it: `aws secretsmanager describe-secret`. It may be scheduled for deletion, a replica, or managed by another service.'
const LIMITS = 'Unlabelled versions are deleted after 24 hours; take off labels that nobody needs, then try again.'

/**
 * Only looked at, never shown: a denial of the key arrives under the name of the denial of the call. Where the call itself is denied,
 * the text says so, and may name a secret or a role that is called after a key.
 */
const isOfKey = (message: string): boolean => /\bkms\b/i.test(message) && !/perform: (?!kms:)\w+:/.test(message)

const serviceOf = ({ service }: Asked): string => (service === 'sts' ? 'STS' : 'Secrets Manager')

/** `secretsmanager:GetSecretValue`: how the permission is called in a policy. */
const actionOf = ({ service, operation }: Asked): string => `${service ?? 'secretsmanager'}:${operation}`

function denied(asked: Asked, facts: Foreign): RotationError {
  const on = asked.secret === undefined ? '' : ` on ${asked.secret}`
  const whose =
    asked.service === 'sts'
      ? 'to whom this process is, and in the trust policy of that role'
      : 'in the policy of the role and, across accounts, of the secret'
  const next = `Allow ${actionOf(asked)}${on} ${whose}.`
  return failure('access-denied', `${actionOf(asked)}${on} is not allowed.`, asked, facts, next)
}

function keyDenied(asked: Asked, facts: Foreign): RotationError {
  const action = asked.writes ? 'kms:GenerateDataKey and kms:Decrypt' : 'kms:Decrypt'
  const message = `The KMS key of the secret cannot be used for ${asked.operation}: it is disabled or deleted, or ${action} is not allowed.`
  return failure('access-denied', message, asked, facts, `Enable the key, and allow ${action} on it.`)
}

function badCredentials(asked: Asked, facts: Foreign): RotationError {
  const message = `AWS does not accept the credentials of this process (${facts.name}).`
  return failure(
    'access-denied',
    message,
    asked,
    facts,
    'Sign in again, or give the process a role; then run it again.',
  )
}

/** Neither yes nor no. What was never sent, or only reads, has done nothing. */
function unanswered(facts: Foreign, asked: Asked): RotationError {
  const unreached = UNREACHED.includes(facts.code ?? facts.name)
  if (asked.writes && !unreached) return failure('unknown', `${asked.operation} was not answered.`, asked, facts)
  const message = `${serviceOf(asked)} cannot be reached (${asked.operation}).`
  return failure('store-unavailable', message, asked, facts, reach(serviceOf(asked)))
}

const reach = (service: string): string =>
  `Check region, endpoint and network. In a VPC, ${service} needs a VPC endpoint or a NAT gateway; then run it again.`

function failure(
  code: ErrorCode,
  message: string,
  { secret }: Asked,
  { name, code: socket }: Foreign,
  next?: string,
): RotationError {
  const foreign = [socket, name].find(each => each !== undefined && /^[A-Za-z0-9_-]{1,40}$/.test(each))
  return new RotationError(code, message, { at: secret, foreign, ...(next && { next }) })
}
