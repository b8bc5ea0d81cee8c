/**
 * Joins a store's sign-in with the source of the cloud that the process runs in: no adapter knows another one.
 * @module
 */
import type { SignInConfig } from '../config/types.ts'
import { isRotationError, RotationError } from '../errors.ts'
import type { Clock, Duration } from '../ports/clock.ts'
import type { Cloud, WebIdentities } from '../ports/web-identity.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { cloudNames, noToken } from './refusal.ts'

/** A fresh token for each exchange. */
export type Token = () => Promise<SecretValue>

/** Whoever needs the other cloud waits for this too: a source that answers does so at once. */
const PATIENCE: Duration = 15_000
const NEVER = new AbortController().signal

/** No source of that cloud here: `config-invalid`. */
export function tokenFor(
  { from, as, audience }: SignInConfig,
  to: Cloud,
  identities: WebIdentities,
  clock: Pick<Clock, 'now'>,
): Token {
  const source = identities[from]
  if (source === undefined)
    throw new RotationError(
      'config-invalid',
      `This program cannot ask ${cloudNames[from]} for a token: ${from} is not its cloud.`,
    )
  return async () => {
    try {
      const ask = await source(as)
      return await ask(audience, { signal: NEVER, deadline: clock.now() + PATIENCE })
    } catch (error) {
      throw isRotationError(error) ? noToken(error, { from, to }) : error
    }
  }
}
