/**
 * A person changed current while a rotation was pending: what the target accepts decides. Nobody's edit is overwritten, and
 * pending is never lost while it may be the only credential that works.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { PendingState, SecretState } from '../ports/secret-store.ts'
import { discard } from './discard.ts'
import { rotationId } from './ids.ts'
import { endForSure } from './landing.ts'
import { sharesCredential } from './one-login.ts'
import { Waiting } from './outcome.ts'
import type { ReadVersion, Run } from './run.ts'

/** Resolves when the store has moved and a new plan is to be made. */
export async function reconcile(run: Run, state: SecretState): Promise<undefined> {
  const pendingState = state.pending!
  const current = await run.read(state.current.version)
  const pending = await run.read({ pending: pendingState.rotation })
  const { target, policy, clock } = run.setup
  const held = await target.accepts(current.credential, run.targetCall)
  if (held.refused.length === 0) {
    checkEdited(run, current, pending)
    // Since the edit no run has begun to set pending: the last look before it would have stopped it.
    const safeFrom = Math.max(pendingState.since, state.current.since) + policy.runLife
    if (clock.now() < safeFrom)
      throw new Waiting(
        'run-life',
        'Current was changed by somebody; the run that brought pending may still be at work.',
        safeFrom,
      )
    await endPending(run, current, pending)
    await discard(run, pendingState.rotation, pending.version, 'current was changed by somebody, and works')
    return undefined
  }
  if (held.accepted.length > 0)
    throw new RotationError('target-busy', 'Some endpoints refuse current and some accept it: a replica may lag.', {
      at: held.refused[0],
    })
  if ((await target.accepts(pending.credential, run.targetCall)).accepted.length === 0) throw bothRefused()
  await rebase(run, state, pendingState, current, pending)
  return undefined
}

/** What no version will name may not stay a second password of consumers' login. */
async function endPending(run: Run, current: ReadVersion, pending: ReadVersion): Promise<void> {
  const { target } = run.setup
  if (target.kind !== 'settable' || target.strategy !== 'dual-password') return
  if (sharesCredential(target, current.credential, pending.credential)) return
  if ((await target.accepts(pending.credential, run.targetCall)).accepted.length === 0) return
  await endForSure(run, target, { previous: pending.credential, current: current.credential })
}

/** An edit that names pending's own login would make its discard end what consumers read. */
function checkEdited({ setup }: Run, current: ReadVersion, pending: ReadVersion): void {
  const sameLogin = current.credential.username === pending.credential.username
  if (sameLogin && setup.target.strategy === 'alternating-users')
    throw new RotationError('identity-mismatch', 'Current was edited to the login that the pending rotation sets.')
}

/** The target holds pending, so the edited value gets pending's credential, in one write. */
async function rebase(
  run: Run,
  state: SecretState,
  old: PendingState,
  current: ReadVersion,
  pending: ReadVersion,
): Promise<void> {
  const { store, id, shape } = run.setup
  const rotation = rotationId(id, state)
  const base = state.current.version
  const value = shape.write(current.value, pending.credential)
  const details = {
    rotation_id: rotation,
    supersedes: old.rotation,
    reason: 'current was changed by somebody and is refused',
  }
  const event = run.event('rotation_step', { result: 'success', versions: { old: base }, details })
  await run.recorded(event, call => store.putPending(id, { rotation, base, value, supersedes: old.rotation }, call))
}

const bothRefused = (): RotationError =>
  new RotationError(
    'nothing-authenticates',
    'Current was changed by somebody during a rotation, and the target refuses both it and pending; both are kept.',
    {
      next: 'Put a value that works with `lockstep secret put`, or run `lockstep doctor NAME --fix` with an admin secret.',
    },
  )
