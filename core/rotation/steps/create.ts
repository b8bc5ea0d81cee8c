/**
 * create: the new value, durably and invisibly in the store, before the target is touched.
 * Repeat: the value that the store names as winner, never a second one.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { RotationId, SecretState, VersionId } from '../../ports/secret-store.ts'
import { requireRoomAtFollowers } from '../../replication/fits.ts'
import type { Credential } from '../../secret/credential.ts'
import type { SecretValue } from '../../secret/secret-value.ts'
import { discard } from '../discard.ts'
import { requireUncachedTwin } from '../edited-twin.ts'
import { isRollback } from '../ids.ts'
import type { ReadVersion, Run } from '../run.ts'
import { requireUnmoved } from '../unmoved.ts'
import { issue } from './issue.ts'

/** The rotation that the plan decided on, with the two versions it is about. */
export interface Rotation {
  readonly id: RotationId
  readonly base: VersionId
  readonly state: SecretState
  readonly current: ReadVersion
  readonly pending: ReadVersion
  /** Another run has brought pending, and may be setting it too. */
  readonly shared: boolean
  /** A service runs it step by step, one at a time: it alone gives it up. */
  readonly driven?: boolean
}

export async function create(run: Run, state: SecretState, id: RotationId, base: VersionId): Promise<Rotation> {
  const current = await run.read(base)
  const resumed = state.pending?.rotation === id
  if (!resumed) await requireKnownCurrent(run, state, current)
  if (!resumed && state.anomaly === 'edited') await requireUncachedTwin(run, state, current)
  const brought = resumed ? undefined : await bring(run, state, id, current)
  const pending = brought?.winner ?? (await run.read({ pending: id }))
  const shared = brought?.shared ?? true
  if (shared) await requireLiveKey(run, id, pending)
  checkBrought(run, pending)
  checkIdentity(run, current.credential, pending.credential, id)
  return { id, base, state, current, pending, shared }
}

/**
 * A value that no rotation of ours has left may never have worked: found out before anything is written. Later on, `set`
 * finds it without a login of its own.
 */
async function requireKnownCurrent(
  run: Run,
  { promotedAt, anomaly }: SecretState,
  { version, credential }: ReadVersion,
): Promise<void> {
  if (promotedAt !== undefined && anomaly === undefined) return
  const { refused } = await run.setup.target.accepts(credential, run.targetCall)
  if (refused.length === 0) return
  await requireUnmoved(run, version)
  throw new RotationError('auth-failed', 'The target refuses current.', { at: refused[0] })
}

/** The value that the store names, and whether it is another run's. */
export async function bring(
  run: Run,
  state: SecretState,
  rotation: RotationId,
  current: ReadVersion,
): Promise<{ readonly winner: ReadVersion; readonly shared: boolean }> {
  const { store, id } = run.setup
  const value = await newValue(run, state, rotation, current)
  if (value.byteLength > store.capabilities.maxValueBytes)
    throw new RotationError('value-unsuitable', `The value is larger than ${store.capabilities.maxValueBytes} bytes.`)
  await requireRoomAtFollowers(run, value)
  const winner = run.remember(await store.putPending(id, { rotation, base: current.version, value }, run.call()))
  return { winner, shared: !winner.value.equals(value) }
}

async function newValue(run: Run, state: SecretState, id: RotationId, current: ReadVersion): Promise<SecretValue> {
  const { target, shape, generate } = run.setup
  if (isRollback(id)) return shape.write(current.value, (await run.read(state.previous!.version)).credential)
  if (target.kind === 'issuing') return shape.write(current.value, await issue(run, target, state, id))
  const password = run.request.value ?? generate()
  if (password.byteLength === 0) throw new RotationError('value-unsuitable', 'An empty password was brought.')
  return shape.write(current.value, { username: target.nextUsername(current.credential), password })
}

/** A pending key that the issuer does not know any more can never work: it makes room for another one. */
async function requireLiveKey(run: Run, id: RotationId, { version, credential }: ReadVersion): Promise<void> {
  const { target } = run.setup
  if (target.kind !== 'issuing') return
  const live = await target.list(run.targetCall)
  if (live.some(k => k.key === credential.username)) return
  await discard(run, id, version, 'the key is gone at the issuer')
  throw new RotationError('discarded', 'The pending key is gone at the issuer; another one is to be issued.')
}

/** A person's value that lost against one already pending must not be dropped in silence. */
export function checkBrought(run: Run, pending: ReadVersion): void {
  const { value } = run.request
  if (value && !value.equals(pending.credential.password))
    throw new RotationError('refused', 'A rotation with another value is under way; finish it first, then bring yours.')
}

/** User and host of pending equal current's, or its declared twin: else it is not ours to set. */
export function checkIdentity({ setup }: Run, current: Credential, pending: Credential, id: RotationId): void {
  const { target } = setup
  if (pending.host !== current.host || pending.port !== current.port)
    throw new RotationError('identity-mismatch', 'The pending version names another host than current.')
  if (target.kind === 'issuing' || isRollback(id)) return
  if (pending.username !== target.nextUsername(current))
    throw new RotationError('identity-mismatch', 'The pending version names another user than current or its twin.')
}
