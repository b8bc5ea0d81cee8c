/**
 * Logging in everywhere: before a change, to test, and to see who is refused. An engine brings how a session is opened.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Acceptance } from '../../ports/rotation-target.ts'
import type { Endpoint } from './endpoint.ts'

export interface Closable {
  /** Says goodbye, and does not wait for it. Repeat: nothing. */
  close(): void
}

/** Closes the session afterwards, whatever happens. */
export async function using<S extends Closable, T>(opening: Promise<S>, work: (session: S) => Promise<T>): Promise<T> {
  const session = await opening
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

/**
 * Logs in on every endpoint and hands over the sessions, in the order of the endpoints: who does not hold the current credential
 * changes nothing. `auth-failed` only if nothing else stood in the way: an endpoint that does not answer has not refused anybody.
 */
export async function withEverywhere<E extends Endpoint, S extends Closable, T>(
  endpoints: readonly E[],
  open: (endpoint: E) => Promise<S>,
  work: (sessions: readonly S[]) => Promise<T>,
): Promise<T> {
  const logins = await Promise.allSettled(endpoints.map(open))
  const sessions = logins.filter(login => login.status === 'fulfilled').map(login => login.value)
  const failures = logins.filter(login => login.status === 'rejected').map(login => login.reason as unknown)
  const failure = failures.find(error => !isRotationError(error, 'auth-failed')) ?? failures[0]
  try {
    if (failure !== undefined) throw failure
    return await work(sessions)
  } finally {
    for (const session of sessions) session.close()
  }
}

/** The contract's `test`: a new connection on every endpoint, each put to the test; the first failure is thrown. */
export async function testEverywhere<E extends Endpoint, S extends Closable>(
  endpoints: readonly E[],
  open: (endpoint: E) => Promise<S>,
  check: (session: S) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(endpoints.map(endpoint => using(open(endpoint), check)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** The contract's `accepts`: one login per endpoint; whatever is not a refusal of the password is thrown. */
export async function acceptance<E extends Endpoint, S extends Closable>(
  endpoints: readonly E[],
  open: (endpoint: E) => Promise<S>,
): Promise<Acceptance> {
  const tries = endpoints.map(async endpoint => {
    try {
      await using(open(endpoint), async () => {})
      return true
    } catch (error) {
      if (isRotationError(error, 'auth-failed')) return false
      throw error
    }
  })
  await Promise.allSettled(tries) // so that nothing is left running when it throws
  const accepted = await Promise.all(tries)
  const names = (wanted: boolean) => endpoints.filter((_, i) => accepted[i] === wanted).map(({ name }) => name)
  return { accepted: names(true), refused: names(false) }
}

/** The end of `end`. Accepted somewhere: `still-accepted`. */
export function requireEnded({ accepted }: Acceptance): void {
  if (accepted.length === 0) return
  throw new RotationError('still-accepted', 'The ended credential was still accepted.', { at: accepted.join(', ') })
}
