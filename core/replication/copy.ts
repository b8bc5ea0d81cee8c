/**
 * Brings the leader's version to one follower: as a rotation of the follower's store from whatever it has, so that every guarantee of
 * that store holds for the copy too. Repeat: the same copy, finished. It never takes the place of a later copy or of somebody else's value.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Call, PendingState, RotationId, SecretId, SecretState, VersionId } from '../ports/secret-store.ts'
import { isOwnName } from '../rotation/ids.ts'
import type { Run } from '../rotation/run.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { copyFor } from './mapping.ts'
import { compareMarks, copyId, markOf, sameMark } from './mark.ts'
import type { Member, MemberStore } from './replication.ts'
import { holdsCopy, judge, type Sight, type Wanted } from './sight.ts'

/** `stage`: durable there and shown to nobody, until the leader has promoted. */
export type Purpose = 'show' | 'stage'

/** Answers what the follower shows afterwards, read back in its own region. */
export async function copyTo(
  run: Run,
  member: Member,
  wanted: Wanted,
  purpose: Purpose,
  call: Call,
): Promise<{ readonly sight: Sight; readonly written: boolean; readonly overwrote?: readonly VersionId[] }> {
  const store = await member.open()
  const state = await described(store, member, wanted, purpose, call)
  const sight = judge(state, wanted, member.name)
  if (sight.standing === 'in-sync') return { sight, written: false }
  // durable whatever somebody has written beside it since
  if (purpose === 'stage' && state.pending?.ours && sameMark(markOf(state.pending.rotation), wanted.mark))
    return { sight, written: false }
  await requireReplaceable(run, store, member, wanted, sight, state, call)
  const rotation = await put(run, store, member, wanted, state, call)
  if (purpose === 'stage') return { sight, written: true }
  const { overwrote } = await store.promote(member.id, { rotation, base: state.current.version }, call)
  return { sight: await readBack(store, member, wanted, call), written: true, ...(overwrote && { overwrote }) }
}

/** Looked at; made if it is not there. */
async function described(
  store: MemberStore,
  member: Member,
  { value }: Wanted,
  purpose: Purpose,
  call: Call,
): Promise<SecretState> {
  const state = await store.describe(member.id, call)
  if (state?.anomaly === 'regressed') await store.republish?.(member.id, call)
  else if (state) return state
  else if (purpose === 'stage' || !(store.create || store.put))
    throw new RotationError('secret-not-found', `The follower ${member.name} has no secret ${member.id}.`, {
      next: 'Run `lockstep replicate NAME`: it makes the secret, with the value that the leader has now.',
    })
  else await make(store, member.id, copyFor(member, [member], value, undefined), call)
  const again = await store.describe(member.id, call)
  if (again) return again
  throw new RotationError('busy', 'The follower does not show yet what was just written.')
}

/** Over nothing that somebody else has made meanwhile, where the store can tell. */
async function make(store: MemberStore, id: SecretId, copy: SecretValue, call: Call): Promise<void> {
  if (store.create) await store.create(id, copy, call)
  else await store.put?.(id, copy, call)
}

/** A later copy stays, and so does what somebody else has put there, unless a person says otherwise. */
async function requireReplaceable(
  run: Run,
  store: MemberStore,
  member: Member,
  wanted: Wanted,
  { standing, mark }: Sight,
  state: SecretState,
  call: Call,
): Promise<void> {
  if (standing === 'ahead')
    throw new RotationError(
      'follower-ahead',
      `The follower holds epoch ${mark?.epoch}, version ${mark?.sequence} of its leader; this would be ${wanted.mark.epoch}, ${wanted.mark.sequence}.`,
    )
  if (standing !== 'foreign' || run.request.force === true) return
  const members = run.setup.replication?.members ?? []
  if (await holdsCopy(store, member, members, { state, value: wanted.value, call })) return
  throw new RotationError('follower-foreign', 'The follower holds a value that somebody else has put there.')
}

async function put(
  run: Run,
  store: MemberStore,
  member: Member,
  { mark, value }: Wanted,
  state: SecretState,
  call: Call,
): Promise<RotationId> {
  const { current, generation, pending } = state
  // one that was staged before somebody wrote there can never be promoted
  const known = pending?.ours === true && pending.base === current.version && sameMark(markOf(pending.rotation), mark)
  const rotation = known ? pending.rotation : copyId(mark, member.id, { current, generation })
  const copy = await copyOf(run, store, member, value, state, call)
  if (pending && !known)
    await requireOvertaken(run, pending, mark, async () => {
      const staged = await store.read(member.id, { pending: pending.rotation }, call)
      return staged?.value !== undefined && staged.value !== 'disabled' && staged.value.equals(copy)
    })
  else await releaseClaim(run, store, member, state, call)
  const supersedes = pending && !known ? { supersedes: pending.rotation } : {}
  const winner = await store.putPending(
    member.id,
    { rotation, base: current.version, value: copy, ...supersedes },
    call,
  )
  if (winner.value !== 'disabled' && winner.value.equals(copy)) return rotation
  // the mapping has changed since another run brought it
  await store.discardPending(member.id, rotation, call)
  throw new RotationError('stale', 'A copy with other fields was pending; it was taken back.')
}

async function copyOf(
  { setup }: Run,
  store: MemberStore,
  member: Member,
  value: SecretValue,
  { current }: SecretState,
  call: Call,
): Promise<SecretValue> {
  const { members } = setup.replication!
  const mapped = members.some(({ fields }) => Object.keys(fields).length > 0)
  const own = mapped ? await store.read(member.id, current.version, call) : undefined
  return copyFor(member, members, value, own && own.value !== 'disabled' ? own.value : undefined)
}

/**
 * An earlier copy is overtaken at once, and by force one that the same leader has staged and stages again; what a former leader had begun or staged, once its run has ended, for it may be about to set it.
 * The value that the copy has too is not lost by it.
 */
async function requireOvertaken(
  run: Run,
  { rotation, ours, since }: PendingState,
  mark: Wanted['mark'],
  isSame: () => Promise<boolean>,
): Promise<void> {
  const other = markOf(rotation)
  if (!ours || !isOwnName(rotation))
    throw new RotationError('follower-foreign', 'The follower has a pending version that Lockstep did not make.')
  if (other && compareMarks(other, mark) > 0 && !(run.request.force && other.epoch === mark.epoch))
    throw new RotationError('follower-ahead', 'A later version is on its way to the follower.')
  const { clock, policy } = run.setup
  if (other?.epoch === mark.epoch || clock.now() >= since + policy.runLife || (await isSame())) return
  throw new RotationError('busy', 'A rotation of the leader before is pending there; its run may still be at work.')
}

/** A retirement that was begun there when it led, and by a run that has ended. */
async function releaseClaim(
  run: Run,
  store: MemberStore,
  member: Member,
  { retiring, previous }: SecretState,
  call: Call,
): Promise<void> {
  const { clock, policy } = run.setup
  if (retiring === undefined || !previous) return
  if (clock.now() < retiring + policy.runLife)
    throw new RotationError('busy', 'A retirement is under way at the follower.')
  await store.claimRetire(member.id, previous.version, policy.runLife, call)
  await store.retirePrevious(member.id, previous.version, call)
}

/** With eyes that have seen nothing of the writing. */
async function readBack(store: MemberStore, member: Member, wanted: Wanted, call: Call): Promise<Sight> {
  const fresh = { ...call, run: {} }
  const state = await store.describe(member.id, fresh)
  const sight = judge(state, wanted, member.name)
  if (!state || sight.standing !== 'in-sync') return { ...sight, standing: 'behind' }
  const found = await store.read(member.id, state.current.version, fresh)
  if (found && found.value !== 'disabled') return sight
  throw new RotationError('busy', 'The follower does not show the copy yet.')
}

/** What the leader has ended is nobody's previous any more, in any store. */
export async function retireCopy(run: Run, member: Member, { state }: Sight, call: Call): Promise<void> {
  if (!state?.previous || state.pending) return
  const store = await member.open()
  await store.claimRetire(member.id, state.previous.version, run.setup.policy.runLife, call)
  await store.retirePrevious(member.id, state.previous.version, call)
}
