/**
 * What is used of the framework's requests and responses, and what is answered: a code and the request's id, never a message.
 * The framework would put the message of whatever is thrown into the body.
 * @module
 */
import type { ErrorCode, RotationError } from '../core/errors.ts'
import type { Loggable } from '../core/secret/loggable.ts'

export interface Request {
  readonly method: string
  readonly body: unknown
  get(header: string): string | undefined
}

export interface Response {
  status(code: number): Response
  json(body: { readonly [field: string]: Loggable }): unknown
  end(): unknown
}

const CLIENT_ERRORS: Partial<Record<ErrorCode, number>> = { refused: 400, usage: 404, 'secret-not-found': 404 }

/** Not 2xx in any case: a schedule or a subscription delivers again what was not done. */
export const statusOf = ({ code, retry }: RotationError): number => CLIENT_ERRORS[code] ?? (retry === 'no' ? 500 : 503)

export function answerFailure(response: Response, error: RotationError, requestId: string): void {
  response.status(statusOf(error)).json({ code: error.code, retry: error.retry, requestId })
}

/** What a function that is called with an event may throw: nothing but what the answer may say. */
export class EventFailure extends Error {
  override readonly name = 'EventFailure'

  constructor({ code }: RotationError, requestId: string) {
    super(`${code} (request ${requestId})`)
    // the framework prints it; frames of our own bundle help nobody
    this.stack = this.message
  }
}
