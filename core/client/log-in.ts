/**
 * A login that survives a rotation: current; refused, current as the store has it now; still refused, previous while its grace
 * lasts; then again after a rest, as long as the caller's patience.
 * @module
 */
import type { Duration } from '../ports/clock.ts'
import type { CachedSecret } from './cached-secret.ts'
import { ClientError } from './client-error.ts'
import type { ClientClock } from './clock.ts'
import type { SecretCredential } from './credential.ts'
import type { LoginGuard } from './login-guard.ts'

/** What a pool knows better: which credential a connection was really opened with. */
export interface Login {
  /** Another one than that which was handed out; undefined: no login took place. */
  used(credential: SecretCredential | undefined): void
}

export interface LoginOptions {
  readonly isAuthFailure: (error: unknown) => boolean
  readonly patience: Duration
  readonly signal: AbortSignal
}

export interface LoginContext {
  readonly secret: CachedSecret
  readonly guard: LoginGuard
  readonly clock: ClientClock
}

/** Rejects with what `work` threw, or with `auth-failed` where no login may be tried now and none was. */
export async function logIn<T>(
  context: LoginContext,
  work: (credential: SecretCredential, login: Login) => Promise<T>,
  options: LoginOptions,
): Promise<T> {
  const { secret, guard, clock } = context
  const giveUpAt = clock.now() + options.patience
  let refusal: { readonly error: unknown } | undefined
  for (;;) {
    options.signal.throwIfAborted()
    const { credential, wait } = await candidate(context)
    if (clock.now() + wait > giveUpAt) throw refusal?.error ?? resting(secret.name, wait)
    if (wait > 0) {
      await clock.sleep(Math.min(wait, guard.rereadGap(credential.version)), options.signal)
      continue
    }
    const outcome = await attempt(guard, credential, work, options)
    if ('result' in outcome) return outcome.result
    refusal = outcome
    await secret.reread(0)
  }
}

/** The credential to try next, and how long to wait first. */
async function candidate({ secret, guard }: LoginContext): Promise<{ credential: SecretCredential; wait: Duration }> {
  const known = await secret.get()
  if (!guard.suspects(known.version)) return { credential: known, wait: 0 }
  const current = await secret.reread(guard.rereadGap(known.version))
  const wait = guard.wait(current.version)
  if (wait === 0) return { credential: current, wait }
  const previous = await secret.previous()
  const previousWait = previous === undefined ? Number.POSITIVE_INFINITY : guard.wait(previous.version)
  return previousWait < wait ? { credential: previous!, wait: previousWait } : { credential: current, wait }
}

async function attempt<T>(
  guard: LoginGuard,
  credential: SecretCredential,
  work: (credential: SecretCredential, login: Login) => Promise<T>,
  { isAuthFailure }: LoginOptions,
): Promise<{ readonly result: T } | { readonly error: unknown }> {
  const begun = guard.begin(credential.version)
  let used: SecretCredential | undefined = credential
  // What was really used counts; the trial that was begun ends anyway.
  const settle = (verdict: 'accepted' | 'refused') => {
    if (used?.version === credential.version) return guard[verdict](begun)
    guard.undecided(begun)
    if (used !== undefined)
      guard[verdict](verdict === 'refused' ? guard.begin(used.version) : { ...begun, version: used.version })
  }
  try {
    const result = await work(credential, { used: other => (used = other) })
    settle('accepted')
    return { result }
  } catch (error) {
    if (!isAuthFailure(error)) {
      guard.undecided(begun)
      throw error
    }
    settle('refused')
    return { error }
  }
}

const resting = (secret: string, wait: Duration): ClientError =>
  new ClientError(
    'auth-failed',
    `The server has refused the credential; it is tried again in ${Math.ceil(wait / 1000)} s, so that no account is locked.`,
    { secret },
  )
