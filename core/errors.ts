/**
 * One class with stable codes: what happened, whether calling again helps, and what a person should do.
 * @module
 */
import { type ExitCode, errorCodes, type Retry } from './error-codes.ts'

export { type ExitCode, errorCodes, type Retry } from './error-codes.ts'

export type ErrorCode = keyof typeof errorCodes

export type StepName = 'create' | 'set' | 'test' | 'finish' | 'retire'

export interface ErrorDetail {
  readonly step?: StepName | undefined
  /** The secret's name. */
  readonly secret?: string | undefined
  /** Where: endpoint, file, key path. Never a value. */
  readonly at?: string | undefined
  /** Overrides the table's advice when more is known. */
  readonly next?: string | undefined
  /** The foreign error's own code (`28P01`, `ECONNREFUSED`): the only thing of it that is kept. */
  readonly foreign?: string | undefined
}

/**
 * The only error that leaves Lockstep. `message` is written by us and holds no value; foreign errors are never attached,
 * only their code (`foreign`), because drivers and parsers put their input into message, stack and properties.
 */
export class RotationError extends Error {
  override readonly name = 'RotationError'
  readonly code: ErrorCode
  readonly retry: Retry
  readonly step: StepName | undefined
  readonly secret: string | undefined
  readonly at: string | undefined
  readonly next: string
  readonly foreign: string | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message)
    this.code = code
    this.retry = errorCodes[code].retry
    this.step = detail.step
    this.secret = detail.secret
    this.at = detail.at
    this.next = detail.next ?? errorCodes[code].next
    this.foreign = detail.foreign
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit
  }

  /** The same error with what its thrower could not know (step, secret). */
  in(detail: ErrorDetail): RotationError {
    const known = { step: this.step, secret: this.secret, at: this.at, next: this.next, foreign: this.foreign }
    const added = Object.fromEntries(
      Object.entries(detail).filter(([key]) => known[key as keyof typeof known] === undefined),
    )
    return new RotationError(this.code, this.message, { ...known, ...added })
  }

  /** What may be printed: everything but the stack. */
  toJSON(): Record<string, string | undefined> {
    const { code, message, retry, step, secret, at, next, foreign } = this
    return { code, message, retry, step, secret, at, next, foreign }
  }
}

export const isRotationError = (error: unknown, ...codes: readonly ErrorCode[]): error is RotationError =>
  error instanceof RotationError && (codes.length === 0 || codes.includes(error.code))

/** A getter may throw. */
function nameAndCode(error: unknown): { name?: unknown; code?: unknown } {
  try {
    const { name, code } = Object(error) as { name?: unknown; code?: unknown }
    return { name, code }
  } catch {
    return {}
  }
}

/** Any thrown thing as a RotationError. Of a foreign error only its class and code survive. */
export function sanitise(error: unknown): RotationError {
  if (error instanceof RotationError) return error
  const { name, code } = nameAndCode(error)
  if (name === 'AbortError') return new RotationError('aborted', 'The run was interrupted.')
  const kind = typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'unknown error'
  const foreign = typeof code === 'string' && /^[A-Za-z0-9_-]{1,40}$/.test(code) ? code : undefined
  return new RotationError('internal', `Unexpected ${kind}${foreign ? ` (${foreign})` : ''}.`, { foreign })
}
