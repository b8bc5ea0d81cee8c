/**
 * The system that accepts the credential. Two kinds: a settable one takes the value we choose, an issuing one chooses it.
 * A target object is bound to one secret's configuration and one strategy. `settableTargetConformance` and
 * `issuingTargetConformance` in `core/testing` hold one case for each sentence.
 *
 * Everywhere: authentication refused, network, TLS, locked, expired and unknown outcome are different codes
 * (`auth-failed`, `target-unreachable`, `tls-failed`, `login-locked`, `login-expired`, `unknown-outcome`); only `auth-failed`
 * says something about a password. No error holds a value, a statement, or a foreign error.
 * @module
 */
import type { Credential } from '../secret/credential.ts'
import type { Duration, Instant } from './clock.ts'
import type { RotationId } from './secret-store.ts'

export type Strategy = 'single-user' | 'alternating-users' | 'dual-password' | 'issue-then-revoke' | 'overlapping-keys'

/** What a consumer of current sees between `set` and `finish`. */
export type Overlap = 'both-valid' | 'gap'

export interface TargetCall {
  readonly signal: AbortSignal
  /** No statement may take effect at the target after this instant: server-side time-outs are shorter than what remains. */
  readonly deadline: Instant
}

/** Endpoints by name; every endpoint that the configuration lists is in exactly one of the two. */
export interface Acceptance {
  readonly accepted: readonly string[]
  readonly refused: readonly string[]
}

/** Something at the target that stands in the way of a rotation. */
export interface Finding {
  /** Stable, kebab-case: `twin-missing`, `membership-missing`, `valid-until`. */
  readonly kind: string
  /** `blocks`: a rotation would fail. `warns`: it works, with a drawback. */
  readonly weight: 'blocks' | 'warns'
  readonly explanation: string
  /** What a person can run by hand; without any value. */
  readonly remedy?: string
  /** Repairs it, idempotently. Present only where it is provably safe and the configuration gives the right (an admin secret). */
  readonly fix?: (call: TargetCall) => Promise<void>
}

interface CommonTarget {
  /** `postgres`, `memory`, … */
  readonly engine: string
  readonly strategy: Strategy
  readonly overlap: Overlap
  /** The names of the endpoints on which credentials are tested. */
  readonly endpoints: readonly string[]
  /**
   * A NEW connection on every endpoint: the login works, it is who it should be, and every declared probe runs.
   * Refused: `auth-failed`, `at` the endpoint. Works but is somebody else: `identity-mismatch`. Probe fails: `probe-failed`.
   */
  test(credential: Credential, call: TargetCall): Promise<void>
  /** Tries one new login per endpoint, nothing more. Only an authentication failure counts as refused; anything else throws. */
  accepts(credential: Credential, call: TargetCall): Promise<Acceptance>
  /** What stands in the way, by looking only. Nothing: empty. `current` logs in if no admin is configured. */
  examine(current: Credential, call: TargetCall): Promise<readonly Finding[]>
}

export interface SettableTarget extends CommonTarget {
  readonly kind: 'settable'
  /** The login that the next version names: the same (single-user) or the twin. Pure. Not one of ours: `identity-mismatch`. */
  nextUsername(current: Credential): string
  /**
   * Makes `pending` valid; `current` first logs in on every endpoint. Repeat: harmless, the same result.
   * Current refused: `auth-failed` and nothing was changed. The admin refused: `admin-refused`. The value refused: `value-rejected`, not applied.
   * No answer after the change was sent: `unknown-outcome`. A foreign mark on the login: `not-ours`.
   * dual-password: pending joins current, and never takes the place of it. A second password that is neither: `not-ours`,
   * nothing changed, where the server shows it.
   */
  set(change: { readonly current: Credential; readonly pending: Credential }, call: TargetCall): Promise<void>
  /**
   * Ends `previous` and verifies, with at most one login per endpoint, that it is refused. Never a login that `current` names:
   * that is `refused`. dual-password: `current` becomes the only password, whether or not `previous` was there. A
   * password that is neither: `not-ours`, nothing changed, where the server shows it (another run may just have set it). The same
   * password is `refused`, and a `current` that the server refuses is `auth-failed`, nothing changed. Repeat: the same. Still accepted: `still-accepted`.
   */
  end(change: { readonly previous: Credential; readonly current: Credential }, call: TargetCall): Promise<void>
  /** Sessions of the credential's login that were opened after `since`, as the server shows them. Absent: it cannot tell. */
  sessions?(credential: Credential, current: Credential, since: Instant, call: TargetCall): Promise<number>
  /** Ends sessions of the credential's login, all or only idle ones; those opened before `before` if given. Answers how many. */
  endSessions?(
    credential: Credential,
    current: Credential,
    which: { readonly only?: 'idle'; readonly before?: Instant },
    call: TargetCall,
  ): Promise<number>
  /** Makes a credential valid through the admin, whatever the target holds: for `doctor --fix` after a restore. Absent: no admin configured. */
  force?(credential: Credential, call: TargetCall): Promise<void>
}

export interface IssuedKey {
  /** The public id: what `Credential.username` holds. */
  readonly key: string
  readonly createdAt: Instant
  /** The rotation that asked for it, where the issuer keeps a tag or name. */
  readonly rotation?: RotationId
}

/** `Credential.username` is the key's public id, `Credential.password` its secret. */
export interface IssuingTarget extends CommonTarget {
  readonly kind: 'issuing'
  readonly strategy: 'issue-then-revoke'
  readonly overlap: 'both-valid'
  /** Live keys that the issuer allows. */
  readonly limit: number
  /** Issues one more key, tagged with the rotation where it can be. At the limit: `key-limit`. No answer: `unknown-outcome`. */
  issue(rotation: RotationId, call: TargetCall): Promise<Credential>
  /** Every live key of this identity, ours or not. */
  list(call: TargetCall): Promise<readonly IssuedKey[]>
  /** Ends a key and verifies that it is gone. Absent: nothing. */
  revoke(key: string, call: TargetCall): Promise<void>
}

export type RotationTarget = SettableTarget | IssuingTarget

/** A bound on the time one call to a target may take at the server. */
export const statementTimeout = (call: TargetCall, now: Instant, margin: Duration): Duration =>
  Math.max(0, Math.min(30_000, call.deadline - now - margin))
