/**
 * What `set` does when the target refuses current: find out what the target holds, by trying versions of ours in the order
 * of the protocol, bounded; nothing else is touched.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { SettableTarget } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'
import { endForSure } from './landing.ts'
import { hasOneLogin } from './one-login.ts'
import { Waiting } from './outcome.ts'
import { graceEnd } from './plan.ts'
import type { ReadVersion, Run } from './run.ts'
import type { Rotation } from './steps/create.ts'

/** Older versions that are tried at most. */
const OLDER = 3

/** Resolves when pending is valid after all; otherwise throws what a person must know. */
export async function recoverSet(
  run: Run,
  target: SettableTarget,
  rotation: Rotation,
  refusal: RotationError,
): Promise<void> {
  if (!hasOneLogin(target)) return stopAtRefusedCurrent(run, target, rotation, refusal)
  const { pending, current } = rotation
  const held = await target.accepts(pending.credential, run.targetCall)
  if (held.accepted.length > 0) return // set had happened; `test` waits for endpoints that lag
  if ((await target.accepts(current.credential, run.targetCall)).accepted.length > 0)
    throw new RotationError('target-busy', 'Some endpoints refuse current and some accept it: a replica may lag.', {
      at: refusal.at,
    })
  const older = await findOlder(run, target, rotation)
  if (!older) throw nothingAuthenticates()
  await target.set({ current: older, pending: pending.credential }, run.changeCall)
}

const nothingAuthenticates = (at?: string): RotationError =>
  new RotationError(
    'nothing-authenticates',
    'The target refuses current, and no other version that may be tried works.',
    { at },
  )

async function findOlder(
  run: Run,
  target: SettableTarget,
  { state, current }: Rotation,
): Promise<Credential | undefined> {
  const { store, id } = run.setup
  const works = async ({ credential }: ReadVersion): Promise<boolean> =>
    credential.username === current.credential.username &&
    (await target.accepts(credential, run.targetCall)).refused.length === 0
  const previous = state.previous && (await run.read(state.previous.version))
  if (previous && (await works(previous))) return previous.credential
  for (const found of await store.unlabelled(id, OLDER, run.call())) {
    const version = run.tryRemember(found)
    if (version && (await works(version))) return version.credential
  }
  return undefined
}

/**
 * The login has a second password that is neither current nor pending. If it is one of ours that nobody can hold any more, it is
 * ended; anybody else's stays, and stops the rotation.
 */
export async function recoverSecond(
  run: Run,
  target: SettableTarget,
  rotation: Rotation,
  refusal: RotationError,
): Promise<void> {
  const { current, pending, state } = rotation
  const left = await findLeft(run, target, rotation)
  if (!left) throw refusal
  const { policy, clock } = run.setup
  // the promotion may have landed after this rotation was planned
  const until = graceEnd(policy, state.promotedAt)
  if (until !== undefined && clock.now() < until && run.request.type !== 'emergency')
    throw new Waiting('grace', 'Consumers may still hold the second password of the login.', until)
  await endForSure(run, target, { previous: left, current: current.credential })
  await target.set({ current: current.credential, pending: pending.credential }, run.changeCall)
}

/** A rotation does not begin, and a service's step does not go on, while consumers may hold the previous credential. */
async function findLeft(
  run: Run,
  target: SettableTarget,
  { state, current, pending }: Rotation,
): Promise<Credential | undefined> {
  const { store, id } = run.setup
  const named = [current, pending]
  const found = await store.unlabelled(id, OLDER, run.call())
  const versions = [
    ...(state.previous ? [await run.read(state.previous.version)] : []),
    ...found.map(version => run.tryRemember(version)).filter(version => version !== undefined),
  ]
  for (const { credential } of versions) {
    if (credential.username !== current.credential.username) continue
    if (named.some(one => one.credential.password.equals(credential.password))) continue
    if ((await target.accepts(credential, run.targetCall)).accepted.length > 0) return credential
  }
  return undefined
}

/** With two logins, a refused current was changed by somebody: previous may be the last that works and is never touched. */
async function stopAtRefusedCurrent(
  run: Run,
  target: SettableTarget,
  { state, pending }: Rotation,
  refusal: RotationError,
): Promise<void> {
  // Set had happened, and pending is what works: finishing is the way out.
  if ((await target.accepts(pending.credential, run.targetCall)).refused.length === 0) return
  const previous = state.previous && (await run.read(state.previous.version)).credential
  const works = previous && (await target.accepts(previous, run.targetCall)).refused.length === 0
  if (works)
    throw new RotationError('current-refused', 'The target refuses current; the previous credential still works.')
  throw nothingAuthenticates(refusal.at)
}
