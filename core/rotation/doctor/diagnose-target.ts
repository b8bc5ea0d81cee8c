/**
 * What the target accepts, compared with what the store holds. Pure.
 * @module
 */
import type { IssuedKey } from '../../ports/rotation-target.ts'
import { currentWorks, time } from './diagnose-store.ts'
import type { Judged } from './finding.ts'
import type { Evidence } from './look.ts'

export function* diagnoseTarget(evidence: Evidence): Iterable<Judged> {
  for (const { code, message, at, next } of evidence.failures)
    yield { kind: code, weight: 'blocks', explanation: at === undefined ? message : `${message} (${at})`, remedy: next }
  for (const { fix, ...finding } of evidence.structure)
    yield { ...finding, ...(fix && { repair: { do: 'mend', fix } }) }
  yield* refusedCurrent(evidence)
  yield* keysOf(evidence)
}

function* refusedCurrent(evidence: Evidence): Iterable<Judged> {
  const { accepts, secret, state } = evidence
  if (!accepts.current || currentWorks(evidence)) return
  const { accepted, refused } = accepts.current
  if (accepts.pending?.accepted.length) return // the rotation is finished first: see diagnose-pending
  if (accepted.length > 0)
    yield {
      kind: 'endpoints-differ',
      weight: 'blocks',
      explanation: `Current is accepted at ${accepted.join(', ')} and refused at ${refused.join(', ')}: a replica lags, or is no replica of it.`,
      remedy: `Compare the endpoints with lockstep.yml; run lockstep doctor ${secret} again.`,
    }
  else if (accepts.previous?.refused.length === 0)
    yield {
      kind: 'current-refused',
      weight: 'blocks',
      explanation:
        'The target refuses current, and the previous credential works: somebody changed the login of current.',
      remedy: state.pending ? `Put a value that works: lockstep secret put ${secret}` : `lockstep rollback ${secret}`,
    }
  else yield storeAhead(evidence)
}

/** No version with a label works: the target was restored, or somebody changed the password there. */
function storeAhead(evidence: Evidence): Judged {
  const { older, state, secret, admin, structure, failures } = evidence
  const finding = { kind: 'store-ahead-of-target', weight: 'blocks' } as const
  const unmended = structure.filter(({ weight, fix }) => weight === 'blocks' && !fix)
  if (older !== undefined) {
    const explanation = `URGENT: the target refuses current and accepts the older version ${older}`
    if (state.anomaly === 'edited')
      return {
        ...finding,
        explanation: `${explanation}; current was changed by somebody.`,
        remedy: `Put the value back that works (lockstep secret put ${secret}), or change the password at the target to the edited one.`,
      }
    const repair = state.pending ? ({ do: 'finish' } as const) : ({ do: 'restore', from: older } as const)
    return { ...finding, explanation: `${explanation}: it was restored from a backup.`, repair }
  }
  const explanation =
    'URGENT: the target accepts no version that the store holds: it was restored, or changed by somebody.'
  if (admin && unmended.length === 0 && failures.length === 0)
    return { ...finding, explanation, repair: { do: 'restore', from: 'admin' } }
  const first = unmended.map(({ kind }) => kind).join(', ')
  const remedy = admin
    ? `Mend first: ${first || 'what kept us from looking'}.`
    : 'Name an admin secret for this target in lockstep.yml and run this with --fix; or set the password by hand at the target.'
  return { ...finding, explanation, remedy }
}

function* keysOf(evidence: Evidence): Iterable<Judged> {
  const { keys, target, versions, state } = evidence
  // with a version that could not be read, its key would look like nobody's
  if (!keys || (state.previous && !versions.previous) || (state.pending && !versions.pending)) return
  const named = new Set(Object.values(versions).map(({ credential }) => credential.username))
  const unnamed = keys.filter(({ key }) => !named.has(key))
  const ours = provablyOurs(evidence, unnamed)
  for (const key of ours) yield orphan(evidence, key)
  const others = unnamed.filter(key => !ours.includes(key)).map(({ key }) => key)
  if (others.length > 0)
    yield {
      kind: 'unknown-keys',
      weight: 'info',
      explanation: `Keys that no version names and that are not provably ours are left alone: ${others.join(', ')}.`,
    }
  // with a previous key alive the rotation waits for its retirement, as it should
  if (target.limit !== undefined && keys.length - ours.length >= target.limit && !state.pending && !state.previous)
    yield {
      kind: 'key-limit',
      weight: 'blocks',
      explanation: `All ${target.limit} keys that the issuer allows are in use; a rotation needs a free one.`,
      remedy: 'Remove a key that is not used.',
    }
}

/**
 * By the tag of a rotation that is not pending any more, or as the only key that came while the run on record could issue: what
 * came after a run's life is somebody else's.
 */
function provablyOurs(evidence: Evidence, unnamed: readonly IssuedKey[]): readonly IssuedKey[] {
  const { issuing, current } = evidence.state
  const rotations = [issuing?.rotation, current.rotation]
  const tagged = unnamed.filter(({ rotation }) => rotation !== undefined && rotations.includes(rotation))
  if (tagged.length > 0 || !issuing) return tagged
  const until = issuing.since + evidence.policy.runLife
  const came = unnamed.filter(({ key, rotation }) => rotation === undefined && !issuing.keys.includes(key))
  return came.length === 1 && came[0]!.createdAt <= until ? came : []
}

function orphan({ state, policy, now }: Evidence, { key, createdAt }: IssuedKey): Judged {
  const from = Math.max(createdAt, state.issuing?.since ?? 0) + policy.runLife
  return {
    kind: 'orphan-key',
    weight: 'warns',
    explanation: `The key ${key} was issued for a rotation that lost its value.${now < from ? ` Until ${time(from)} its maker may be at work.` : ''}`,
    ...(now >= from && { repair: { do: 'revoke', key } }),
  }
}
