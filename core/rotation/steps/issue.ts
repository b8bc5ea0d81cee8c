/**
 * create, for targets that choose the value: the keys alive before are on record before another one is asked for, so that
 * a key whose value was lost in a crash can be told from everybody else's.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { IssuedKey, IssuingTarget } from '../../ports/rotation-target.ts'
import type { RotationId, SecretState } from '../../ports/secret-store.ts'
import { prepareIssue } from '../../replication/stage.ts'
import type { Credential } from '../../secret/credential.ts'
import { Waiting } from '../outcome.ts'
import type { Run } from '../run.ts'

export async function issue(run: Run, target: IssuingTarget, state: SecretState, id: RotationId): Promise<Credential> {
  const { store, clock, policy } = run.setup
  const live = await target.list(run.targetCall)
  const orphan = await findOrphan(run, state, live)
  if (orphan) {
    const safeFrom = Math.max(orphan.createdAt, state.issuing?.since ?? 0) + policy.runLife
    if (clock.now() < safeFrom)
      throw new Waiting('run-life', 'A key whose value was lost is left to its maker for a run’s life.', safeFrom)
    await target.revoke(orphan.key, run.targetCall)
  }
  const keys = live.map(k => k.key).filter(k => k !== orphan?.key)
  if (keys.length >= target.limit)
    throw new RotationError('key-limit', `The issuer allows ${target.limit} keys, and all are in use.`)
  const issuing = { rotation: id, since: clock.now(), keys }
  // before its own record replaces what a former leader's run had left there, which may be at work still
  await prepareIssue(run, issuing)
  await store.note(run.setup.id, { issuing }, run.call())
  return target.issue(id, run.targetCall)
}

/** A key that no version names and that is provably ours: by its tag, or as the only one that came after our record. */
async function findOrphan(run: Run, state: SecretState, live: readonly IssuedKey[]): Promise<IssuedKey | undefined> {
  const named = await namedKeys(run, state)
  const unnamed = live.filter(k => !named.has(k.key))
  const ours = new Set([state.issuing?.rotation, state.current.rotation])
  const tagged = unnamed.filter(k => k.rotation !== undefined && ours.has(k.rotation))
  if (tagged.length > 0) return tagged[0]
  const before = state.issuing && new Set(state.issuing.keys)
  // Whatever we have asked for was made within that run; a later key is somebody else's.
  const until = (state.issuing?.since ?? 0) + run.setup.policy.runLife
  const later = before
    ? unnamed.filter(k => k.rotation === undefined && !before.has(k.key) && k.createdAt <= until)
    : []
  if (later.length > 1)
    throw new RotationError('not-ours', 'Several keys appeared since the last try, and none can be told to be ours.')
  return later[0]
}

async function namedKeys(run: Run, { current, previous }: SecretState): Promise<Set<string>> {
  const versions = [current.version, ...(previous ? [previous.version] : [])]
  const read = await Promise.all(versions.map(v => run.read(v)))
  return new Set(read.map(v => v.credential.username))
}
