/**
 * The one mapping of everything that the client throws: gRPC's numbers, HTTP's, and names of sockets, by transport and version
 * of the client. Of the foreign error only the code survives: messages quote requests.
 * https://cloud.google.com/apis/design/errors
 * @module
 */
import { type ErrorCode, RotationError } from '../core/errors.ts'

export interface Asked {
  readonly operation: string
  /** As it is called in a role: `secretmanager.versions.access`. */
  readonly permission: string
  readonly secret?: string | undefined
  /** Changes something: without an answer it may have been applied. */
  readonly writes: boolean
}

export type Status =
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'
  | 'CANCELLED'

const byNumber: Readonly<Record<number, Status>> = {
  1: 'CANCELLED',
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
  // HTTP; 400 is told apart by the name in the body.
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** What the service answered; undefined: it did not. */
export function statusOf(error: unknown): Status | undefined {
  const { code, status, message } = Object(error) as Record<string, unknown>
  const named = [status, ...(typeof message === 'string' ? (/"status":\s*"([A-Z_]+)"/.exec(message) ?? []) : [])]
  const known = Object.values(byNumber).find(each => named.includes(each))
  const number = typeof code === 'number' ? code : Number.parseInt(String(code), 10)
  return known ?? byNumber[number]
}

/** Cloud KMS's words, handed on under several statuses. No name of a secret has a slash or a dot. */
export const isAboutKey = (error: unknown): boolean => {
  const { message } = Object(error) as { message?: unknown }
  return typeof message === 'string' && /\/cryptoKeys\/|cloudkms\./i.test(message)
}

const UNREACHED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

export function mapError(error: unknown, asked: Asked, signal?: AbortSignal): RotationError {
  if (error instanceof RotationError) return error
  if (signal?.aborted) return new RotationError('aborted', 'The run was interrupted.')
  const status = statusOf(error)
  const fail = (code: ErrorCode, message: string, next?: string) =>
    new RotationError(code, message, { at: asked.secret, foreign: status, ...(next && { next }) })
  if ((status === 'PERMISSION_DENIED' || status === 'FAILED_PRECONDITION') && isAboutKey(error))
    return fail(
      'access-denied',
      'The KMS key of the secret cannot be used: it is disabled, about to be destroyed, or not permitted.',
      'Enable the key version (`gcloud kms keys versions enable`), or let the service agent of Secret Manager use it.',
    )
  switch (status) {
    case 'PERMISSION_DENIED':
      return denied(asked, fail)
    case 'UNAUTHENTICATED':
      return fail('access-denied', 'Google Cloud does not accept the credentials of this process.', SIGN_IN)
    case 'NOT_FOUND':
      return fail('secret-not-found', 'Secret Manager has no such secret or version.')
    case 'RESOURCE_EXHAUSTED':
      return fail('busy', `Secret Manager is throttling ${asked.operation}.`)
    case 'FAILED_PRECONDITION':
    case 'ABORTED':
      return fail('stale', 'The secret has changed since it was read, or a version of it is disabled.')
    case 'INVALID_ARGUMENT':
    case 'ALREADY_EXISTS':
    case 'UNIMPLEMENTED':
      return fail('refused', `Secret Manager does not accept the parameters of ${asked.operation}.`)
    default:
      return unanswered(error, asked, fail)
  }
}

type Fail = (code: ErrorCode, message: string, next?: string) => RotationError

const SIGN_IN = 'Sign in (`gcloud auth application-default login`), or give the process a service account.'
const REACH = 'Check project, location, endpoint and network; then run the same command again.'

function denied({ permission, secret }: Asked, fail: Fail): RotationError {
  const on = secret === undefined ? '' : ` on ${secret}`
  return fail('access-denied', `${permission}${on} is not allowed.`, `Grant a role with ${permission}${on}.`)
}

function unanswered(error: unknown, { operation, writes }: Asked, fail: Fail): RotationError {
  const { code, message } = Object(error) as Record<string, unknown>
  const unreached = UNREACHED.some(each => code === each || (typeof message === 'string' && message.includes(each)))
  if (writes && !unreached) return fail('unknown', `${operation} was not answered.`)
  return fail('store-unavailable', `Secret Manager cannot be reached (${operation}).`, REACH)
}
