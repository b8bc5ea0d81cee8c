/**
 * `putPending` and `discardPending`.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { PendingDraft, RotationId, SecretVersion, VersionId } from '../core/ports/secret-store.ts'
import { checkValue, requireBeginning, requireDiscardable, requireOurs } from './guards.ts'
import { isOwnLabel, OWN, PENDING, turnLabel } from './labels.ts'
import type { Look } from './look.ts'
import { versionOf } from './reading.ts'
import { holderOf, isDiscarded, stagesOf } from './state.ts'
import { asVersion, isBeside, type Visit } from './visit.ts'

/**
 * Put under a label of our own, which disturbs nobody; then AWSPENDING is moved onto it by compare-and-set, which is the claim.
 * Of several that bring one rotation, the first put is its value: the service keeps the first for a token.
 */
export async function putPending(visit: Visit, draft: PendingDraft): Promise<SecretVersion> {
  checkValue(visit.id, draft.value)
  const look = await visit.seen()
  if (look.meaning.pending?.version !== asVersion(draft.rotation)) {
    refusePending(visit, look, draft)
    if ((await claim(visit, look, draft)) !== 'exists') return brought(visit, draft)
  }
  return winner(visit, look, asVersion(draft.rotation))
}

export const brought = ({ clock }: Visit, { rotation, value }: PendingDraft): SecretVersion => ({
  version: asVersion(rotation),
  rotation,
  createdAt: clock.now(),
  value,
})

async function winner(visit: Visit, look: Look, version: VersionId): Promise<SecretVersion> {
  const found = await visit.requests.get(visit.id, { version }, visit.call)
  if (!found) throw visit.notShown()
  look.values.set(version, found)
  return versionOf(found)
}

function refusePending(visit: Visit, look: Look, { rotation, base, supersedes }: PendingDraft): void {
  const { current, pending, retiring } = look.meaning
  const { stages } = look.described
  const version = asVersion(rotation)
  requireOurs(visit, look)
  // A draft of ours carries our label and nothing else until it is claimed.
  if (isDiscarded(stages, version) || stagesOf(stages, version).some(label => !isOwnLabel(label)))
    throw new RotationError('discarded', 'This rotation has already ended.', { at: visit.id })
  if (pending && pending.version !== (supersedes as string | undefined))
    throw visit.stale('Another rotation is pending.')
  if (supersedes && !pending) throw visit.stale('The pending version to be replaced is gone.')
  if (retiring) throw visit.stale('A retirement is under way.')
  if (current !== base) throw visit.stale('Current has moved.')
  if (!supersedes) requireBeginning(visit, look, rotation)
}

async function claim(visit: Visit, look: Look, draft: PendingDraft): Promise<readonly string[] | 'exists'> {
  const version = asVersion(draft.rotation)
  const done = await put(visit, look, draft)
  if (done === 'exists' && !look.described.stages.has(version)) await requireUnended(visit, version)
  if (isBeside(visit, draft.rotation)) return done
  const { holder } = look.meaning
  try {
    await visit.move(look, { label: PENDING, ...(holder && { from: holder }), to: version })
  } catch (error) {
    if (!isRotationError(error, 'stale')) throw error
    // Another worker with the same rotation may have been first.
    const now = await visit.again()
    if (now.meaning.pending?.version !== version) throw visit.stale('Another run was first.')
    return 'exists'
  }
  return done
}

/**
 * A label that current does not have, and rather one that nobody has or that leaves its holder another: a version that was cancelled
 * or overtaken by an edit may be the one that the target holds, and without a label it would be deleted. Where each is somebody's
 * last, the oldest version loses its own: a later one has been set since.
 */
export async function ownLabelFor({ requests, id, call }: Visit, look: Look): Promise<string> {
  const { stages } = look.described
  const free = OWN.filter(label => !stagesOf(stages, look.meaning.current).includes(label))
  const spare = free.find(label => stagesOf(stages, holderOf(stages, label)).length !== 1)
  if (spare !== undefined) return spare
  const ages = free.map(async label => {
    const version = holderOf(stages, label)!
    return { label, at: (await requests.get(id, { version }, call))?.createdAt ?? 0 }
  })
  return (await Promise.all(ages)).reduce((oldest, each) => (each.at < oldest.at ? each : oldest)).label
}

/** Answers the labels that the version has now; `exists`: with another's value. */
export async function put(
  visit: Visit,
  look: Look,
  { rotation, value }: PendingDraft,
): Promise<readonly string[] | 'exists'> {
  const { requests, id, call, managed } = visit
  const label = await ownLabelFor(visit, look)
  const version = { token: rotation, value, stages: [label], rotationToken: managed?.rotationToken }
  const done = await requests.put(id, version, call)
  if (done !== 'exists') look.moved(label, asVersion(rotation))
  return done
}

/** A version that exists without a label was promoted or discarded long ago. */
async function requireUnended({ requests, id, call }: Visit, version: VersionId): Promise<void> {
  const found = await requests.get(id, { version }, call)
  if (found?.stages.some(isOwnLabel) || found?.stages.includes(PENDING)) return
  throw new RotationError('discarded', 'This rotation has already ended.', { at: id })
}

/** Its next turn is given to current: whoever would set it after that finds the turn taken. */
export async function discardPending(visit: Visit, rotation: RotationId): Promise<void> {
  const version = asVersion(rotation)
  const decided = visit.known !== undefined
  const look = await visit.seen()
  const { pending, current, holder } = look.meaning
  if (pending?.version !== version) {
    // It was discarded, and the run that did it ended before its last call.
    if (holder === version && isDiscarded(look.described.stages, version)) await visit.loosen(look, PENDING, version)
    return
  }
  if (!decided) throw visit.stale('The secret was not described by this run.')
  requireDiscardable(visit, look, rotation)
  await visit.move(look, { label: turnLabel(version, pending.turns + 1), to: current })
  await visit.loosen(look, PENDING, version)
}
