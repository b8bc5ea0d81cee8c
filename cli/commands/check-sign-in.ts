/**
 * What `check --connect` says of a sign-in from one cloud to another: that the token was given and taken, or which of both was not.
 * @module
 */
import { isRotationError, type RotationError } from '../../core/errors.ts'
import { cloudNames } from '../../core/federation/refusal.ts'
import type { Cloud } from '../../core/ports/web-identity.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import { stacked } from '../render/block.ts'
import { errorData } from '../render/error.ts'
import type { Style } from '../render/style.ts'
import type { Session } from '../session.ts'

export interface SignIn {
  /** Its name in the configuration. */
  readonly store: string
  readonly from: Cloud
  readonly to: Cloud
  readonly error?: RotationError
}

export async function signInOf({ workspace, call }: Session, name: string): Promise<SignIn> {
  const store = workspace.config.stores.get(name)!
  if (store.kind === 'local' || !store.signIn) throw new Error('Only a store that signs in is asked for.')
  const which = { store: name, from: store.signIn.from, to: store.kind }
  try {
    await workspace.signIn(name, call)
    return which
  } catch (error) {
    // Said once, by the command as a whole.
    if (!isRotationError(error) || ['aborted', 'driver-missing'].includes(error.code)) throw error
    return { ...which, error }
  }
}

export function signInText({ store, from, to, error }: SignIn, style: Style): string {
  const path = `${store}: sign-in from ${cloudNames[from]} to ${cloudNames[to]}`
  if (!error) return `  ${style.green('✔')} ${path}, without a stored key`
  const code = `[${error.code}${error.foreign ? ` ${error.foreign}` : ''}]`
  return stacked(`  ${style.red('✖')} ${path} failed`, `    ${error.message} ${code}`, `    ${error.next}`)
}

export const signInData = ({ store, from, to, error }: SignIn): { [key: string]: Loggable } => ({
  store,
  from,
  to,
  ...(error && { error: errorData(error, 'lockstep') }),
})
