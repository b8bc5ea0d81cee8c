/**
 * `describe`, `read` and `unlabelled`.
 * @module
 */
import { isRotationError } from '../core/errors.ts'
import type { RotationId, SecretState, SecretVersion, VersionId } from '../core/ports/secret-store.ts'
import { isOwnName } from '../core/rotation/ids.ts'
import { CURRENT, isOwnLabel, PENDING } from './labels.ts'
import type { Look } from './look.ts'
import { type Fetched, notBefore } from './requests.ts'
import { baseOf, stagesOf } from './state.ts'
import { asRotation, asVersion, type Visit } from './visit.ts'

/**
 * DescribeSecret; then GetSecretValue of current, and of a pending version of ours, for when they were made. What was read
 * `ahead` is not read again.
 */
export async function describe(visit: Visit, ahead: readonly Fetched[] = []): Promise<SecretState | undefined> {
  const look = await visit.look()
  if (!look) return undefined
  for (const fetched of ahead) look.values.set(fetched.version, fetched)
  const { current, pending, previousUnlisted } = look.meaning
  if (visit.call.only === 'stages') return stateOf(look)
  await fetch(visit, look, current)
  if (pending?.ours) await fetch(visit, look, pending.version)
  return stateOf(look, previousUnlisted ? await unlistedBase(visit, look) : undefined)
}

async function fetch(visit: Visit, look: Look, version: VersionId): Promise<void> {
  if (look.values.has(version)) return
  const found = await visit.requests.get(visit.id, { version }, visit.call)
  if (!found) throw visit.notShown()
  look.values.set(version, found)
}

/** What the last rotation replaced has lost its labels to an edit; the id of what replaced it proves which it is. */
async function unlistedBase({ requests, id, call }: Visit, { meaning, names }: Look): Promise<VersionId | undefined> {
  const versions = await requests.versions(id, call)
  const candidates = versions.map(({ version }) => version)
  return baseOf(meaning.last!, candidates, names)
}

export function stateOf(look: Look, unlistedBase?: VersionId): SecretState {
  const { current, currentIsOurs, previous, retiring, last, generation, promotedAt, notes } = look.meaning
  const { changedAt, createdAt } = look.described
  const { attempts, halted, epoch, request, issuing } = notes
  const before = previous ?? unlistedBase
  const pending = pendingOf(look)
  return {
    current: {
      version: current,
      ...(currentIsOurs && { rotation: asRotation(current) }),
      since: look.values.get(current)?.createdAt ?? createdAt,
    },
    ...(before && { previous: { version: before } }),
    ...(pending && { pending }),
    ...(retiring && { retiring: changedAt }),
    ...(last && last !== current && { anomaly: 'edited' as const }),
    ...(promotedAt !== undefined && { promotedAt }),
    attempts,
    generation,
    ...(halted !== undefined && { halted }),
    epoch,
    ...(request !== undefined && { request }),
    ...(issuing && { issuing }),
  }
}

function pendingOf({ meaning, described, values, setAt }: Look): SecretState['pending'] {
  const { pending } = meaning
  if (!pending) return undefined
  const { version, base, ours, turns } = pending
  const created = values.get(version)?.createdAt
  return {
    rotation: asRotation(version),
    ...(base && { base }),
    ours,
    since: created === undefined ? described.changedAt : notBefore(created),
    published: false,
    ...(turns > 0 && { setAt: setAt ?? described.changedAt }),
  }
}

export async function read(
  visit: Visit,
  which: VersionId | { readonly pending: RotationId },
): Promise<SecretVersion | undefined> {
  if (typeof which !== 'string') return readPending(visit, asVersion(which.pending))
  const look = visit.known
  const found = look?.values.get(which) ?? (await visit.requests.get(visit.id, { version: which }, visit.call))
  if (!found) {
    if (look && stagesOf(look.described.stages, which).length > 0) throw visit.notShown()
    return undefined
  }
  look?.values.set(which, found)
  return versionOf(found)
}

async function readPending({ requests, id, call, known }: Visit, version: VersionId) {
  const seen = known?.meaning.pending?.version === version ? known.values.get(version) : undefined
  const found = seen ?? (await requests.get(id, { version, stage: PENDING }, call))
  if (!found || found.stages.includes(CURRENT)) return undefined
  known?.values.set(version, found)
  return versionOf(found)
}

export async function unlabelled(visit: Visit, limit: number): Promise<readonly SecretVersion[]> {
  const look = await visit.seen()
  const { current, previous, pending } = look.meaning
  const staged = [current, previous, pending?.version]
  const found: Fetched[] = []
  for (const version of await everyVersion(visit, look)) {
    if (found.length >= limit) break
    const fetched = staged.includes(version) ? undefined : await visit.requests.get(visit.id, { version }, visit.call)
    if (fetched) found.push(fetched)
  }
  return found.toSorted((a, b) => b.createdAt - a.createdAt).map(versionOf)
}

/**
 * Newest first. A role made for AWS's templates may not list versions: then those that carry a label, which ours do for a while,
 * are better than none; a step asks for them only when nothing else logs in any more.
 */
async function everyVersion(
  { requests, id, call, managed }: Visit,
  { described }: Look,
): Promise<readonly VersionId[]> {
  try {
    return (await requests.versions(id, call)).map(({ version }) => version)
  } catch (error) {
    const labelled = [...described.stages].filter(([, labels]) => labels.some(isOwnLabel)).map(([version]) => version)
    if (!managed || !isRotationError(error, 'access-denied') || labelled.length === 0) throw error
    return labelled
  }
}

export function versionOf({ version, stages, createdAt, value }: Fetched): SecretVersion {
  const ours = isOwnName(version) || stages.some(isOwnLabel)
  return { version, ...(ours && { rotation: asRotation(version) }), createdAt, value }
}
