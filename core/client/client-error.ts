/**
 * The client's own errors. The codes are those of the engine (`docs/failures.md`) without its table, which would be half of an
 * application's bundle.
 * @module
 */
import type { ErrorCode } from '../errors.ts'

/** The codes that a client can report. */
export type ClientErrorCode = Extract<
  ErrorCode,
  | 'config-invalid'
  | 'value-unsuitable'
  | 'secret-not-found'
  | 'access-denied'
  | 'store-unavailable'
  | 'auth-failed'
  | 'unsupported'
  | 'aborted'
>

/** `message` is written by us and holds no value; of a foreign error only its code is kept. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode
  /** The secret's name. */
  readonly secret: string | undefined
  /** The foreign error's own code (`AccessDeniedException`, `ECONNREFUSED`). */
  readonly foreign: string | undefined

  constructor(
    code: ClientErrorCode,
    message: string,
    detail: { readonly secret?: string; readonly foreign?: string | undefined } = {},
  ) {
    super(message)
    this.code = code
    this.secret = detail.secret
    this.foreign = detail.foreign
  }
}

/** What is safe to keep of a foreign error: its code or name, if it is one word. A getter may throw. */
export function shortCode(error: unknown): string | undefined {
  try {
    const { code, name } = Object(error) as { code?: unknown; name?: unknown }
    return [code, name].map(String).find(text => /^[A-Za-z0-9_-]{1,60}$/.test(text) && text !== 'undefined')
  } catch {
    return undefined
  }
}
