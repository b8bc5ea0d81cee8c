/**
 * Environment variables, read as AWS's rotation templates read them.
 * @module
 */
import { RotationError } from '../../core/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const TRUE = ['true', '1', 'y', 'yes']
const FALSE = ['false', '0', 'n', 'no', '']

/** The templates take whatever they do not know for "no"; a misspelt "yes" would silently change every password. */
export function truth(env: Environment, variable: string, otherwise: boolean): boolean {
  const text = env[variable]?.toLowerCase()
  if (text === undefined) return otherwise
  if (TRUE.includes(text)) return true
  if (FALSE.includes(text)) return false
  throw misset(variable, 'must be true, 1, y or yes, or else false, 0, n or no')
}

/** Never shows what the variable holds: a password may have been pasted into the wrong one. */
export const misset = (variable: string, says: string): RotationError =>
  new RotationError('config-invalid', `${variable} ${says.replace(/\.$/, '')}.`, {
    at: variable,
    next: `Correct the environment of the function: ${variable}.`,
  })
