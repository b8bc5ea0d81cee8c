/**
 * Every code that Lockstep can report, each documented: what happened, what is still true, what to do. `docs/failures.md` is
 * made from it. Versioned: codes are added, never renamed.
 * @module
 */

/** `no`: a person must act first. `yes`: the same call is safe and may succeed. `after-reread`: describe again, then decide anew. */
export type Retry = 'no' | 'yes' | 'after-reread'

/** Exit codes of the CLI; see `docs/failures.md`. */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 130

interface CodeEntry {
  readonly retry: Retry
  readonly exit: ExitCode
  /** What happened. */
  readonly meaning: string
  /** What is certainly still true. */
  readonly safe: string
  /** The next step for a person. */
  readonly next: string
}

const nothingChanged = 'Nothing was changed.'
const currentWorks = 'What consumers read as current still works.'

/** Every code Lockstep can report. Order: configuration, store, target, engine. */
export const errorCodes = {
  'config-invalid': {
    retry: 'no',
    exit: 2,
    meaning: 'The configuration cannot be used.',
    safe: nothingChanged,
    next: 'Correct the named key in lockstep.yml, then run `lockstep check`.',
  },
  usage: {
    retry: 'no',
    exit: 2,
    meaning: 'The command line cannot be used.',
    safe: nothingChanged,
    next: 'Run the command with --help.',
  },
  'driver-missing': {
    retry: 'no',
    exit: 2,
    meaning: 'A library that this store or target needs is not installed.',
    safe: nothingChanged,
    next: 'Install the named package.',
  },
  'key-missing': {
    retry: 'no',
    exit: 2,
    meaning: 'A key file or key variable is missing or is not a key.',
    safe: nothingChanged,
    next: 'Restore the key, or create one with `lockstep init`.',
  },
  'key-exposed': {
    retry: 'no',
    exit: 2,
    meaning: 'A key file can be read by other users.',
    safe: nothingChanged,
    next: 'Run `chmod 600` on the named file, and consider its key leaked.',
  },
  'policy-impossible': {
    retry: 'no',
    exit: 2,
    meaning: 'No value can satisfy the password policy.',
    safe: nothingChanged,
    next: 'Lengthen the password or allow more characters.',
  },
  'value-unsuitable': {
    retry: 'no',
    exit: 4,
    meaning: 'The value of the secret is not what the target or the declared shape needs.',
    safe: nothingChanged,
    next: 'Compare the value with the `value:` shape in lockstep.yml; put a corrected value.',
  },

  'secret-not-found': {
    retry: 'no',
    exit: 4,
    meaning: 'The store has no such secret.',
    safe: nothingChanged,
    next: 'Create it, for the local store with `lockstep secret put NAME`.',
  },
  'access-denied': {
    retry: 'no',
    exit: 4,
    meaning: 'The store refused the named permission.',
    safe: nothingChanged,
    next: 'Grant the permission, then run the same command again.',
  },
  stale: {
    retry: 'after-reread',
    exit: 5,
    meaning: 'The store has moved since it was described.',
    safe: currentWorks,
    next: 'Run the same command again.',
  },
  'not-leader': {
    retry: 'after-reread',
    exit: 5,
    meaning: 'Another member leads this secret: there was a fail-over.',
    safe: 'Nothing was changed at the target since, and nothing was promoted here.',
    next: 'Run `lockstep status NAME`: it names the member that leads.',
  },
  'follower-ahead': {
    retry: 'no',
    exit: 4,
    meaning:
      'A follower holds a later version than its leader: the leader’s store was restored from a backup, or lost a write.',
    safe: 'The follower was left as it is, and the old credential does not end.',
    next: 'Compare with `lockstep drift NAME`. Make the follower the leader: `lockstep fail-over NAME --to FOLLOWER`.',
  },
  'follower-behind': {
    retry: 'no',
    exit: 4,
    meaning: 'The follower that was to lead does not have the newest version.',
    safe: nothingChanged,
    next: 'Choose one that has it (`lockstep drift NAME`), or accept the loss by name: `--accept-older`.',
  },
  'follower-foreign': {
    retry: 'no',
    exit: 4,
    meaning: 'A follower holds a value that somebody else has put there.',
    safe: 'It was left as it is, and the old credential does not end.',
    next: 'Look at it with `lockstep drift NAME`; overwrite it with `lockstep replicate NAME --force --reason …`.',
  },
  conflict: {
    retry: 'no',
    exit: 4,
    meaning: 'Somebody changed current during the rotation.',
    safe: 'Their value was kept; the pending value is kept too.',
    next: 'Run `lockstep rotate NAME` again: it decides by what the target accepts.',
  },
  busy: {
    retry: 'yes',
    exit: 5,
    meaning: 'The store does not show a version yet that it has named, or is throttling.',
    safe: currentWorks,
    next: 'Run the same command again.',
  },
  discarded: {
    retry: 'after-reread',
    exit: 5,
    meaning: 'This rotation was discarded meanwhile.',
    safe: currentWorks,
    next: 'Run the same command again: it begins a new rotation.',
  },
  'store-unavailable': {
    retry: 'yes',
    exit: 5,
    meaning: 'The store cannot be reached or cannot write (full or read-only disk, lock, network).',
    safe: 'Everything acknowledged so far is kept.',
    next: 'Make the store writable, then run the same command again.',
  },
  'store-corrupt': {
    retry: 'no',
    exit: 6,
    meaning: 'What the store holds cannot be decrypted or understood.',
    safe: nothingChanged,
    next: 'Check that the key belongs to this file; restore a backup.',
  },
  unknown: {
    retry: 'yes',
    exit: 5,
    meaning: 'A call to the store ended without an answer; it may have taken effect.',
    safe: 'Every write is conditional: repeating it is safe.',
    next: 'Run the same command again.',
  },

  'auth-failed': {
    retry: 'no',
    exit: 4,
    meaning: 'The target refused the login: wrong user or password.',
    safe: 'No other credential was tried beyond what the protocol allows.',
    next: 'Run `lockstep doctor NAME`.',
  },
  'admin-refused': {
    retry: 'no',
    exit: 4,
    meaning: 'The target refused the admin login.',
    safe: nothingChanged,
    next: 'Correct the admin secret; run `lockstep check --connect`.',
  },
  'login-locked': {
    retry: 'no',
    exit: 4,
    meaning: 'The login may not log in at the target (locked, NOLOGIN, no access rule).',
    safe: nothingChanged,
    next: 'Unlock the login at the target, then run the same command again.',
  },
  'login-expired': {
    retry: 'no',
    exit: 4,
    meaning: 'The password of the login has expired at the target.',
    safe: nothingChanged,
    next: 'Extend it at the target (PostgreSQL: VALID UNTIL), then run the same command again.',
  },
  'target-unreachable': {
    retry: 'yes',
    exit: 5,
    meaning: 'The target did not answer: host, port, network or time-out.',
    safe: 'Nothing was concluded about any password.',
    next: 'Check the endpoint with `lockstep check --connect`, then run the same command again.',
  },
  'target-busy': {
    retry: 'yes',
    exit: 5,
    meaning: 'The target is starting, has no free connection, or another change of the same login is under way.',
    safe: currentWorks,
    next: 'Run the same command again.',
  },
  'tls-failed': {
    retry: 'no',
    exit: 4,
    meaning: 'TLS to the target could not be established or verified. Lockstep never falls back to plaintext.',
    safe: nothingChanged,
    next: 'Correct `tls:` (CA file, host name) or the server.',
  },
  'unknown-outcome': {
    retry: 'yes',
    exit: 5,
    meaning: 'A change was sent to the target and no answer came: it may have been applied, or be applied later.',
    safe: 'The value is stored as pending; the next run probes before it acts.',
    next: 'Run the same command again.',
  },
  'value-rejected': {
    retry: 'no',
    exit: 4,
    meaning: 'The target refused the new value (password policy).',
    safe: currentWorks,
    next: 'Match `password:` in lockstep.yml to the policy of the target.',
  },
  'permission-missing': {
    retry: 'no',
    exit: 4,
    meaning: 'The login that makes the change lacks a right at the target.',
    safe: nothingChanged,
    next: 'Run `lockstep doctor NAME`: it prints the statement that grants it.',
  },
  'identity-mismatch': {
    retry: 'no',
    exit: 4,
    meaning: 'A login works but is not who it should be, or a version names another user or host than configured.',
    safe: nothingChanged,
    next: 'Run `lockstep doctor NAME`; compare users and endpoints with lockstep.yml.',
  },
  'probe-failed': {
    retry: 'no',
    exit: 4,
    meaning: 'A declared probe statement failed for the new credential.',
    safe: currentWorks,
    next: 'Grant what the statement needs, then run the same command again.',
  },
  unsupported: {
    retry: 'no',
    exit: 4,
    meaning: 'The target or login is of a kind that this strategy does not rotate.',
    safe: nothingChanged,
    next: 'Choose another login or strategy.',
  },
  'not-ours': {
    retry: 'no',
    exit: 4,
    meaning: 'A user, key or pending version belongs to somebody else.',
    safe: nothingChanged,
    next: 'Find its owner. Only if it is yours: remove it, or adopt it as the message says.',
  },
  'still-accepted': {
    retry: 'yes',
    exit: 5,
    meaning: 'The ended credential was still accepted when it was checked.',
    safe: currentWorks,
    next: 'Run `lockstep retire NAME` again; if it stays, look for another endpoint or a lagging replica.',
  },
  'key-limit': {
    retry: 'no',
    exit: 3,
    meaning: 'The issuer allows no further key.',
    safe: currentWorks,
    next: 'Wait for the retirement of the previous key, or remove a key that is not used.',
  },

  refused: {
    retry: 'no',
    exit: 4,
    meaning: 'A rule of the protocol forbids what was asked for.',
    safe: nothingChanged,
    next: 'Read the reason; run `lockstep plan NAME`.',
  },
  halted: {
    retry: 'no',
    exit: 6,
    meaning: 'The retry budget of this secret is used up.',
    safe: currentWorks,
    next: 'Run `lockstep doctor NAME`, mend the cause, then `lockstep rotate NAME --force`.',
  },
  'current-refused': {
    retry: 'no',
    exit: 6,
    meaning: 'The target refuses current, while the previous credential works.',
    safe: 'The previous login was not touched.',
    next: 'Run `lockstep rollback NAME`.',
  },
  'nothing-authenticates': {
    retry: 'no',
    exit: 6,
    meaning: 'The target accepts none of the versions that were tried.',
    safe: 'No version was deleted; pending is kept.',
    next: 'Run `lockstep doctor NAME --fix` with an admin secret.',
  },
  'no-time': {
    retry: 'yes',
    exit: 5,
    meaning: 'The remaining time does not cover the next step, so it was not begun.',
    safe: currentWorks,
    next: 'Run the same command again; allow more time.',
  },
  aborted: {
    retry: 'yes',
    exit: 130,
    meaning: 'The run was interrupted.',
    safe: 'What was begun is on record and resumable.',
    next: 'Run the same command again: it finishes what was begun.',
  },
  internal: {
    retry: 'no',
    exit: 1,
    meaning: 'A fault in Lockstep.',
    safe: 'What was begun is on record and resumable.',
    next: 'Report it with the error code and the step; no value is in this message.',
  },
} as const satisfies Record<string, CodeEntry>
