/**
 * Which credential a retirement ends: the one that the last rotation has replaced, and where that was a copy, the last of ours.
 * @module
 */
import type { RotationId, SecretState, SecretVersion, VersionId } from '../../ports/secret-store.ts'
import { confirmLead } from '../../replication/lead.ts'
import { markOf, originOf } from '../../replication/mark.ts'
import { isOwnName } from '../ids.ts'
import { sharesCredential } from '../one-login.ts'
import type { ReadVersion, Run } from '../run.ts'

/** Older versions that are looked at: what people have put at a follower lies among them. None is tried at the target. */
const OLDER = 8

/**
 * A copy may have taken the place of another copy of the same login, after a fail-over, or of what somebody had put at the follower, or have
 * come after others were missed: what ends then is the last version of ours, of another login, that this store had. None: nothing is left.
 */
export async function whatEnds(
  run: Run,
  state: SecretState,
  current: ReadVersion,
  version: VersionId,
): Promise<ReadVersion | undefined> {
  const { store, id, target } = run.setup
  if (target.strategy === 'single-user' || markOf(state.current.rotation) === undefined) return run.read(version)
  const replaced = await store.read(id, version, run.call())
  const versions = [...(replaced ? [replaced] : []), ...(await store.unlabelled(id, OLDER, run.call()))]
  for (const [n, found] of versions.entries()) {
    const read = run.tryRemember(found)
    if (!read || sharesCredential(target, current.credential, read.credential)) continue
    const successor = n === 0 ? state.current.rotation : versions[n - 1]?.rotation
    const isOurs =
      target.kind === 'issuing'
        ? brought(found.rotation, successor) || (await wasGivenOut(run, found))
        : read.credential.username === target.nextUsername(current.credential)
    if (isOurs) return read
  }
  return undefined
}

/** By a rotation, or replaced by one that was no copy: then it was this member's own while it led, whoever had put it there. */
const brought = (rotation: RotationId | undefined, successor: RotationId | undefined): boolean =>
  [rotation, markOf(successor) ? undefined : successor].some(name => name !== undefined && isOwnName(name))

/** While this member led, whoever had put it there. */
async function wasGivenOut(run: Run, found: SecretVersion): Promise<boolean> {
  const { replication } = run.setup
  const record = await confirmLead(run)
  return replication && record ? record.origins.includes(originOf(replication.self, found)) : false
}
