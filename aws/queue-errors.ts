/**
 * What the SDK of SQS throws, as our own errors: the messages of the service quote requests.
 * @module
 */
import { RotationError } from '../core/errors.ts'

const DENIED = [
  'AccessDenied',
  'AccessDeniedException',
  'KmsAccessDenied',
  'InvalidSecurity',
  'UnrecognizedClientException',
]
const ABSENT = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue', 'InvalidAddress']

export function mapQueueError(error: unknown, signal: AbortSignal): RotationError {
  const { name } = Object(error) as { name?: unknown }
  const foreign = typeof name === 'string' && /^[A-Za-z0-9._-]{1,60}$/.test(name) ? name : undefined
  const fail = (...[code, message, next]: [RotationError['code'], string, string?]) =>
    new RotationError(code, message, { foreign, ...(next && { next }) })
  if (signal.aborted) return fail('aborted', 'The run was interrupted.')
  if (DENIED.includes(foreign ?? ''))
    return fail(
      'access-denied',
      'sqs:SendMessage is not allowed.',
      'Allow sqs:SendMessage on the queue, and the use of its key.',
    )
  if (ABSENT.includes(foreign ?? ''))
    return fail('config-invalid', 'The queue of LOCKSTEP_QUEUE_URL does not exist.', 'Correct LOCKSTEP_QUEUE_URL.')
  return fail(
    'store-unavailable',
    'The queue cannot be reached.',
    'Check region and network; the next sweep finds the work again.',
  )
}
