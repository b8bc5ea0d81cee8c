/**
 * retire: ends the previous credential, in a later run, after the grace. Claimed first, verified refused, then recorded.
 * Repeat: the same. Never a login that current names.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import type { SecretState, VersionId } from '../../ports/secret-store.ts'
import { Waiting } from '../outcome.ts'
import type { ReadVersion, Run } from '../run.ts'

interface Retirement {
  readonly current: ReadVersion
  readonly previous: ReadVersion
  readonly promotedAt: Instant
}

/** Answers how many sessions were ended. */
export async function retire(run: Run, state: SecretState, version: VersionId): Promise<number> {
  const { store, id, policy, target } = run.setup
  const [current, previous] = [await run.read(state.current.version), await run.read(version)]
  const retirement = { current, previous, promotedAt: state.promotedAt ?? run.startedAt }
  await requireWorkingCurrent(run, retirement)
  if (target.kind === 'settable') await requireNoNewSessions(run, target, retirement)
  await store.claimRetire(id, version, policy.runLife, run.call())
  run.claimed = version
  await lookAgain(run, state)
  const sessionsEnded = await end(run, retirement)
  const versions = { old: version, new: state.current.version }
  const event = run.event('secret_revoked', { result: 'success', versions, details: { sessions_ended: sessionsEnded } })
  await run.recorded(event, call => store.retirePrevious(id, version, call))
  return sessionsEnded
}

/** The claim keeps rotations out, not people: current must still be the version that was just proven to work. */
async function lookAgain(run: Run, { current }: SecretState): Promise<void> {
  const now = await run.describe()
  if (now?.current.version !== current.version)
    throw new RotationError('stale', 'Current was changed by somebody after the retirement was claimed.')
}

/** Whatever ends a credential first proves, on every endpoint, that another one works. */
async function requireWorkingCurrent(run: Run, { current, previous }: Retirement): Promise<void> {
  const { target } = run.setup
  const sameLogin = current.credential.username === previous.credential.username
  if (sameLogin && target.strategy !== 'single-user')
    throw new RotationError('refused', 'Current names the login that would be ended; it was edited or copied.')
  const { refused } = await target.accepts(current.credential, run.targetCall)
  if (refused.length > 0)
    throw new RotationError('current-refused', 'The target refuses current; the previous credential is kept.', {
      at: refused[0],
    })
}

/** Sessions of the old login that are younger than any cache prove a consumer that still uses it. */
async function requireNoNewSessions(
  run: Run,
  target: SettableTarget,
  { current, previous, promotedAt }: Retirement,
): Promise<void> {
  const { policy, clock } = run.setup
  const { type, release } = run.request
  if (target.strategy === 'single-user' || !target.sessions || type === 'emergency' || release === 'sessions') return
  const since = promotedAt + Math.max(0, ...policy.consumers.map(c => c.refresh))
  const open = await target.sessions(previous.credential, current.credential, since, run.targetCall)
  if (open > 0)
    throw new Waiting(
      'sessions',
      `${open} sessions of the old login were opened after every cache had expired.`,
      clock.now() + policy.runLife,
    )
}

async function end(run: Run, { current, previous }: Retirement): Promise<number> {
  const { target, policy } = run.setup
  const call = run.targetCall
  if (target.kind === 'issuing') {
    await target.revoke(previous.credential.username, call)
    return 0
  }
  const emergency = run.request.type === 'emergency'
  if (target.strategy !== 'single-user')
    await target.end({ previous: previous.credential, current: current.credential }, call)
  else if (emergency) await requireRefused(run, target, previous)
  if (!target.endSessions || !(emergency || (policy.idleSessions === 'end' && target.strategy !== 'single-user')))
    return 0
  return target.endSessions(previous.credential, current.credential, which(emergency, run), call)
}

/** In an emergency every session that may have been opened with the old credential ends. */
const which = (emergency: boolean, run: Run): { only?: 'idle'; before?: Instant } =>
  emergency ? { before: run.setup.clock.now() } : { only: 'idle' }

async function requireRefused(run: Run, target: SettableTarget, { credential }: ReadVersion): Promise<void> {
  const { accepted } = await target.accepts(credential, run.targetCall)
  if (accepted.length > 0)
    throw new RotationError('still-accepted', 'The replaced password is still accepted.', { at: accepted[0] })
}
