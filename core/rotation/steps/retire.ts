/**
 * retire: ends the previous credential, in a later run, after the grace. Claimed first, verified refused, then recorded.
 * Repeat: the same. Never a login that current names.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Duration, Instant } from '../../ports/clock.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import type { SecretState, VersionId } from '../../ports/secret-store.ts'
import { confirmLead, requireQuietEpoch } from '../../replication/lead.ts'
import { requireConsumers } from '../consumers.ts'
import { endForSure } from '../landing.ts'
import { hasOneLogin, sharesCredential } from '../one-login.ts'
import { Waiting } from '../outcome.ts'
import type { ReadVersion, Run } from '../run.ts'
import { releases } from '../setup.ts'
import { whatEnds } from './what-ends.ts'

interface Retirement {
  readonly current: ReadVersion
  readonly previous: ReadVersion
  readonly promotedAt: Instant
}

/** Answers how many sessions were ended. */
export async function retire(run: Run, state: SecretState, version: VersionId): Promise<number> {
  const { store, id, policy, target } = run.setup
  const current = await run.read(state.current.version)
  const previous = await whatEnds(run, state, current, version)
  if (!previous) return forget(run, state, version)
  const retirement = { current, previous, promotedAt: state.promotedAt ?? run.startedAt }
  await requireWorkingCurrent(run, retirement)
  await requireConsumers(run, current.version)
  if (target.kind === 'settable') await requireNoNewSessions(run, target, retirement)
  const lead = await confirmLead(run)
  if (lead) requireQuietEpoch(run, lead)
  await store.claimRetire(id, version, policy.runLife, run.call())
  run.claimed = { version, over: run.claimed ? run.claimed.over : state.retiring }
  await lookAgain(run, state)
  const sessionsEnded = await end(run, retirement)
  const versions = { old: version, new: state.current.version }
  const event = run.event('secret_revoked', { result: 'success', versions, details: { sessions_ended: sessionsEnded } })
  await run.recorded(event, call => store.retirePrevious(id, version, call))
  return sessionsEnded
}

/** Only the label goes. */
async function forget(run: Run, { current }: SecretState, version: VersionId): Promise<number> {
  const { store, id, policy } = run.setup
  await store.claimRetire(id, version, policy.runLife, run.call())
  const versions = { old: version, new: current.version }
  const event = run.event('secret_revoked', { result: 'already', versions })
  await run.recorded(event, call => store.retirePrevious(id, version, call))
  return 0
}

/** A store may show what was written a second later, or some. */
const FIRST_PAUSE: Duration = 100
const LONGEST_PAUSE: Duration = 3_000

/**
 * The claim keeps rotations out, not people: current must still be the version that was just proven to work. A look that does not
 * show the claim is older than it, and says nothing about what came in between: it is repeated, at growing distances.
 */
async function lookAgain(run: Run, { current }: SecretState): Promise<void> {
  const { clock } = run.setup
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    const now = await run.describe()
    if (now?.current.version !== current.version)
      throw new RotationError('stale', 'Current was changed by somebody after the retirement was claimed.')
    // shown, or an earlier try of this run has landed after all, and what is left is repeated
    const retired = now.previous?.version !== run.claimed?.version
    if (retired || (now.retiring !== undefined && now.retiring !== run.claimed?.over)) return
    if (pause > LONGEST_PAUSE || clock.now() + pause >= run.deadline)
      throw new RotationError('busy', 'The store does not show the claim of this retirement yet.')
    await clock.sleep(pause, run.signal)
  }
}

/** Whatever ends a credential first proves, on every endpoint, that another one works. */
async function requireWorkingCurrent(run: Run, { current, previous }: Retirement): Promise<void> {
  const { target } = run.setup
  if (target.strategy !== 'single-user' && sharesCredential(target, current.credential, previous.credential))
    throw new RotationError('refused', 'Current names what would be ended; it was edited or copied.')
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
  const { request } = run
  if (target.strategy === 'single-user' || !target.sessions) return
  if (request.type === 'emergency' || releases(request, 'sessions')) return
  const since = promotedAt + Math.max(0, ...policy.consumers.map(c => c.refresh))
  const open = await target.sessions(previous.credential, current.credential, since, run.targetCall)
  if (open > 0)
    throw new Waiting(
      'sessions',
      `${open} sessions of the old login were opened after every cache had expired.`,
      clock.now() + policy.runLife,
    )
}

async function end(run: Run, { current, previous, promotedAt }: Retirement): Promise<number> {
  const { target, policy } = run.setup
  const call = run.targetCall
  if (target.kind === 'issuing') {
    await target.revoke(previous.credential.username, call)
    return 0
  }
  const emergency = run.request.type === 'emergency'
  if (target.strategy !== 'single-user')
    await endForSure(run, target, { previous: previous.credential, current: current.credential })
  else if (emergency) await requireRefused(run, target, previous)
  if (!target.endSessions || !(emergency || (policy.idleSessions === 'end' && target.strategy !== 'single-user')))
    return 0
  return target.endSessions(previous.credential, current.credential, which(emergency, run, promotedAt), call)
}

/**
 * In an emergency every session that may have been opened with the old credential ends. Where the new one has the same login, an
 * idle session is the old one's only if it is older than the promotion.
 */
const which = (emergency: boolean, { setup }: Run, promotedAt: Instant): { only?: 'idle'; before?: Instant } =>
  emergency ? { before: setup.clock.now() } : { only: 'idle', ...(hasOneLogin(setup.target) && { before: promotedAt }) }

async function requireRefused(run: Run, target: SettableTarget, { credential }: ReadVersion): Promise<void> {
  const { accepted } = await target.accepts(credential, run.targetCall)
  if (accepted.length > 0)
    throw new RotationError('still-accepted', 'The replaced password is still accepted.', { at: accepted[0] })
}
