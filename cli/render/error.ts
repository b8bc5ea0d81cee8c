/**
 * An error as one block: what happened, where, what is safe, what to do. Never a stack, never a value.
 * @module
 */
import { errorCodes, type RotationError } from '../../core/errors.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import { labelled, stacked } from './block.ts'
import type { Style } from './style.ts'

/** Advice names the secret, and the program as it was started. */
export const adviceOf = ({ next, secret }: RotationError, program: string): string =>
  next.replaceAll('`lockstep ', `\`${program} `).replaceAll(/\bNAME\b/g, secret ?? 'NAME')

export function errorText(error: RotationError, program: string, style: Style): string {
  const { code, message, secret, step, at, foreign } = error
  const { meaning, safe } = errorCodes[code]
  // A message of many lines says where itself.
  const shownAt = at !== undefined && !message.includes(at) ? at : undefined
  return stacked(
    `${style.red('✖')} ${secret ? `${style.bold(secret)}: ` : ''}${message}`,
    labelled([
      ['step', step],
      ['where', shownAt],
      ['code', `${code}${foreign ? ` (${foreign})` : ''}: ${meaning}`],
      ['safe', safe],
      ['next', adviceOf(error, program)],
    ]),
  )
}

export const errorData = (error: RotationError, program: string): Record<string, Loggable> => ({
  ...error.toJSON(),
  meaning: errorCodes[error.code].meaning,
  safe: errorCodes[error.code].safe,
  next: adviceOf(error, program),
  exit_code: error.exitCode,
})
