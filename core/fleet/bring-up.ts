/**
 * Followers between rotations: what a function does about those that are behind, and how it says which.
 * @module
 */
import { RotationError } from '../errors.ts'
import { replicate } from '../replication/replicate.ts'
import type { FollowerReport } from '../replication/replication.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'

/** Throws what keeps a follower behind; the others are brought up all the same. */
export async function bringUp(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<'replicated' | 'in-sync'> {
  const reports = await replicate(setup, request, signal)
  const missing = reports.filter(({ standing }) => standing !== 'in-sync')
  if (missing.length > 0) throw left(missing)
  return reports.some(({ written }) => written) ? 'replicated' : 'in-sync'
}

/** Whether a store may begin a rotation of its own, which asks no follower: every required one shows current. */
export async function mayAsk(setup: RotationSetup, request: RotationRequest, signal: AbortSignal): Promise<boolean> {
  const reports = await replicate(setup, request, signal)
  return reports.every(({ required, standing }) => !required || standing === 'in-sync')
}

/** By the one that another try may help, if there is one: the queue then has it. */
function left(missing: readonly FollowerReport[]): RotationError {
  const known = missing.flatMap(({ error }) => error ?? [])
  const waits = missing.some(({ error }) => !error)
  const worst = known.find(({ retry }) => retry !== 'no') ?? (waits ? undefined : known[0])
  const names = missing.map(({ follower, standing, error }) => `${follower} (${error?.code ?? standing})`)
  return new RotationError(worst?.code ?? 'busy', `Followers do not show current: ${names.join(', ')}.`, {
    at: missing[0]?.follower,
    foreign: worst?.foreign,
    next: worst?.next,
  })
}
