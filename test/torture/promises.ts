/**
 * The promises of the protocol, checked by logging in: right after a kill, and after the rerun.
 * @module
 */
import type { RotationId } from '../../core/ports/secret-store.ts'
import { emergencyId, emergencyToken, rollbackId, rotationId } from '../../core/rotation/ids.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import { type Operation, reasonOf } from './ask.ts'
import type { Ground } from './grounds/ground.ts'
import { endings, type Seen } from './observe.ts'

/** The counters of the result, one per promise. */
export type Promised = 'lockOuts' | 'brokenConsumers' | 'unconverged' | 'otherValue' | 'unrecorded'
export interface Breach {
  readonly promise: Promised
  readonly words: string
}

/** Where the kill has found the run. */
export type Moment = 'untouched' | 'created' | 'set' | 'promoted' | 'retiring' | 'retired'

/** One operation on one secret, as it was before. */
export interface Trial {
  readonly ground: Pick<Ground, 'accepts'>
  readonly setup: RotationSetup
  readonly operation: Operation
  readonly before: Seen
}

const endsCredentials = (operation: Operation): boolean => operation === 'retire' || operation === 'revoke-now'

/** The one rotation that this request may lead to; its name follows from what the store showed. Retire: none. */
export function expectedRotation({ setup, operation, before }: Trial): RotationId | undefined {
  if (operation === 'retire') return undefined
  if (operation === 'revoke-now')
    return emergencyId(setup.id, before.state, emergencyToken(reasonOf(before.state.current.version)))
  return (operation === 'rollback' ? rollbackId : rotationId)(setup.id, before.state)
}

class Breaches {
  readonly list: Breach[] = []

  unless(kept: boolean, promise: Promised, words: string): void {
    if (!kept) this.list.push({ promise, words })
  }
}

/**
 * The worker is dead, nothing was repaired. Current is tried before pending: what the worker had sent may land in between, and
 * then pending works.
 */
export async function afterKill(
  trial: Trial,
  now: Seen,
): Promise<{ readonly breaches: readonly Breach[]; readonly moment: Moment }> {
  const { ground, setup, operation, before } = trial
  const found = new Breaches()
  const current = await ground.accepts(now.current)
  const pending = now.pending !== undefined && (await ground.accepts(now.pending))
  const previous = now.previous !== undefined && (await ground.accepts(now.previous))
  found.unless(current || pending || previous, 'lockOuts', 'no staged version authenticates')

  if (setup.target.overlap === 'gap')
    found.unless(current || pending, 'brokenConsumers', 'current is refused, and no pending will replace it')
  else {
    found.unless(current, 'brokenConsumers', 'current is refused')
    if (!endsCredentials(operation)) {
      found.unless(now.previous === undefined || previous, 'brokenConsumers', 'previous is refused within its grace')
      found.unless(await ground.accepts(before.current), 'brokenConsumers', 'who cached the old current is refused')
    }
  }

  const rotation = expectedRotation(trial)
  if (now.state.pending) {
    found.unless(now.state.pending.rotation === rotation, 'unconverged', 'pending belongs to another rotation')
    found.unless(wasStarted(now, rotation), 'unrecorded', 'pending is there, and no start is on record')
  }
  const promoted = now.state.current.version !== before.state.current.version
  if (promoted) found.unless(wasEnded(trial, now), 'unrecorded', 'promoted, and not on record')
  return { breaches: found.list, moment: momentOf(trial, now, pending, promoted) }
}

function momentOf({ before }: Trial, { state }: Seen, pendingWorks: boolean, promoted: boolean): Moment {
  if (state.pending) return pendingWorks ? 'set' : 'created'
  if (state.retiring !== undefined) return 'retiring'
  if (promoted) return state.previous ? 'promoted' : 'retired'
  return before.state.previous && !state.previous ? 'retired' : 'untouched'
}

/** Whether the request is done, as the store shows it. */
export function isDone(trial: Trial, { state }: Seen): boolean {
  const { operation, before } = trial
  const rotation = expectedRotation(trial)
  const generations = rotation === undefined ? 0 : 1
  if (state.pending || state.retiring !== undefined) return false
  if (state.generation !== before.state.generation + generations) return false
  if (rotation !== undefined && state.current.rotation !== rotation) return false
  return !endsCredentials(operation) || state.previous === undefined
}

/** The password that the rotation had when it was first seen: pending, or promoted already. Undefined: it had none yet. */
function firstPassword({ operation, before }: Trial, seen: readonly Seen[]): SecretValue | undefined {
  if (operation === 'rollback') return before.previous?.password
  for (const { state, pending, current } of seen) {
    if (pending) return pending.password
    if (state.current.version !== before.state.current.version) return current.password
  }
  return undefined
}

/** `seen`: after each kill. */
export async function afterRerun(trial: Trial, seen: readonly Seen[], now: Seen): Promise<readonly Breach[]> {
  const { ground, setup, operation, before } = trial
  const found = new Breaches()
  found.unless(isDone(trial, now), 'unconverged', `the rerun left ${JSON.stringify(now.state)}`)
  found.unless(await ground.accepts(now.current), 'lockOuts', 'current is refused after the rerun')

  const password = firstPassword(trial, seen)
  const same = password === undefined || password.equals(now.current.password)
  found.unless(same, 'otherValue', 'the rotation was finished with another value')

  const bothValid = setup.target.overlap === 'both-valid'
  if (bothValid && !endsCredentials(operation))
    found.unless(await ground.accepts(before.current), 'brokenConsumers', 'who cached the old current is refused')
  const ended = operation === 'revoke-now' ? before.current : bothValid ? before.previous : undefined
  if (endsCredentials(operation) && ended)
    found.unless(!(await ground.accepts(ended)), 'unconverged', 'the ended credential is accepted')

  found.unless(wasEnded(trial, now), 'unrecorded', 'the end is not on record once')
  return found.list
}

const wasStarted = ({ events }: Seen, rotation: RotationId | undefined): boolean =>
  events.some(({ event_type, metadata }) => event_type === 'rotation_started' && metadata.rotation_id === rotation)

/** Exactly one record of success for the promotion; and, once they are ended, one per credential. */
function wasEnded(trial: Trial, now: Seen): boolean {
  const { operation, before } = trial
  const rotation = expectedRotation(trial)
  const type = operation === 'rollback' ? 'rollback' : 'secret_rotated'
  const promotions = rotation === undefined ? 1 : endings(now, type, { rotation }).length
  const started = rotation === undefined || wasStarted(now, rotation)
  if (!endsCredentials(operation) || now.state.previous) return promotions === 1 && started
  const ended = [before.state.previous, operation === 'revoke-now' ? before.state.current : undefined]
  const revocations = ended.map(version => version && endings(now, 'secret_revoked', { old: version.version }).length)
  return promotions === 1 && started && revocations.every(count => count === undefined || count === 1)
}
