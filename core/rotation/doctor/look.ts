/**
 * What the store and the target show, by looking only. One login per endpoint as long as all is well; further ones only
 * where the target refuses current, in the order and within the bounds of the protocol.
 * @module
 */
import { isRotationError, type RotationError, sanitise } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { Acceptance, Finding, IssuedKey, RotationTarget } from '../../ports/rotation-target.ts'
import type { SecretState, VersionId } from '../../ports/secret-store.ts'
import type { ReadVersion, Run } from '../run.ts'
import type { RotationPolicy } from '../setup.ts'

export type Stage = 'current' | 'pending' | 'previous'

export interface Evidence {
  readonly secret: string
  readonly state: SecretState
  readonly policy: RotationPolicy
  readonly target: Pick<RotationTarget, 'kind' | 'strategy' | 'overlap'> & { readonly limit?: number }
  readonly now: Instant
  /** Whether the target can be set to current through an admin. */
  readonly admin: boolean
  readonly versions: { [stage in Stage]?: ReadVersion }
  /** Who was tried; absent: there was no need, or no way. */
  readonly accepts: { [stage in Stage]?: Acceptance }
  /** An older version that every endpoint accepts, though it refuses current. */
  older?: VersionId
  keys?: readonly IssuedKey[]
  readonly structure: Finding[]
  /** What kept us from looking. */
  readonly failures: RotationError[]
}

/** Older versions that are tried at most, as when a rotation finds current refused. */
const OLDER = 3

/** Undefined: the store has no such secret. */
export async function look(run: Run): Promise<Evidence | undefined> {
  const state = await run.describe()
  if (!state) return undefined
  const { target, policy, clock, secret } = run.setup
  const admin = target.kind === 'settable' && target.force !== undefined
  const seen = { secret, state, policy, target, now: clock.now(), admin }
  const evidence: Evidence = { ...seen, versions: {}, accepts: {}, structure: [], failures: [] }
  await readVersions(run, evidence)
  await lookAtTarget(run, evidence)
  return evidence
}

async function readVersions(run: Run, evidence: Evidence): Promise<void> {
  const { current, pending, previous } = evidence.state
  await attempt(evidence, async () => {
    evidence.versions.current = await run.read(current.version)
  })
  // somebody else's pending is none of our business
  if (pending?.ours)
    await attempt(evidence, async () => {
      evidence.versions.pending = await run.read({ pending: pending.rotation })
    })
  if (previous)
    await attempt(evidence, async () => {
      evidence.versions.previous = await run.read(previous.version)
    })
}

/** After the first failure nothing more is tried: a locked login, a server that is down or refuses TLS stays so. */
async function lookAtTarget(run: Run, evidence: Evidence): Promise<void> {
  const { target } = run.setup
  const { current } = evidence.versions
  if (!current) return
  await attempt(evidence, async () => {
    const { accepted, refused } = await tryLogin(run, evidence, 'current')
    if (refused.length > 0) await tryOthers(run, evidence, accepted.length > 0)
    if (target.kind === 'issuing') evidence.keys = await target.list(run.targetCall)
    // without an admin it is current that logs in to look, and that would be one more refusal
    if (evidence.admin || refused.length === 0)
      evidence.structure.push(...(await target.examine(current.credential, run.targetCall)))
  })
}

async function tryLogin(run: Run, { versions, accepts }: Evidence, stage: Stage): Promise<Acceptance> {
  const seen = await run.setup.target.accepts(versions[stage]!.credential, run.targetCall)
  accepts[stage] = seen
  return seen
}

/** Current is refused: on every endpoint, or only on some (`partly`). */
async function tryOthers(run: Run, evidence: Evidence, partly: boolean): Promise<void> {
  const { versions, target, state } = evidence
  const gap = target.overlap === 'gap'
  const moved = state.pending?.base !== state.current.version
  if (versions.pending && (gap || moved)) await tryLogin(run, evidence, 'pending')
  if (partly || evidence.accepts.pending?.accepted.length) return
  if (gap) await tryOlder(run, evidence)
  else if (versions.previous) await tryLogin(run, evidence, 'previous')
}

async function tryOlder(run: Run, evidence: Evidence): Promise<void> {
  const { store, id, target } = run.setup
  const { current, previous } = evidence.versions
  const candidates = previous ? [previous] : []
  for (const found of await store.unlabelled(id, OLDER, run.call()))
    await quietly(async () => candidates.push(run.remember(found)))
  for (const { version, credential } of candidates) {
    if (credential.username !== current!.credential.username) continue
    // the same value again can only be refused again
    if (credential.password.equals(current!.credential.password)) continue
    if ((await target.accepts(credential, run.targetCall)).refused.length > 0) continue
    evidence.older = version
    return
  }
}

/** An older version that cannot be read as a credential is no candidate, and no news. */
const quietly = async (body: () => Promise<unknown>): Promise<void> => {
  try {
    await body()
  } catch (error) {
    if (!isRotationError(error, 'value-unsuitable', 'refused')) throw error
  }
}

/** What goes wrong while looking is what was found. Only an interruption ends the diagnosis. */
async function attempt(evidence: Evidence, body: () => Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    const failure = sanitise(error)
    if (failure.code === 'aborted' || failure.code === 'no-time') throw failure
    evidence.failures.push(failure)
  }
}
