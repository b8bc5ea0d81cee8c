/**
 * What a follower shows, and what that means beside what the leader has.
 * @module
 */
import { RotationError, sanitise } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { Call, SecretState, VersionId } from '../ports/secret-store.ts'
import { isOwnName } from '../rotation/ids.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { copyFor } from './mapping.ts'
import { compareMarks, type Mark, markOf, originOf, sameMark } from './mark.ts'
import type { FollowerReport, Member, MemberStore, Standing, Visitor } from './replication.ts'

/** What every follower should show. */
export interface Wanted extends Expected {
  readonly value: SecretValue
}

/** The same, without the value itself. */
export interface Expected {
  readonly mark: Mark
  /** The leader's own id: what native replicas show. */
  readonly version: VersionId
  readonly record: LeaderRecord
  /** When the leader's consumers could first read it. */
  readonly promotedAt: number | undefined
}

export interface Sight {
  readonly standing: Standing
  readonly state?: SecretState
  readonly mark?: Mark | undefined
}

/** By its marks alone, without a value. A member that led before may hold versions of its own time. */
export function judge(
  state: SecretState | undefined,
  { mark, record }: Pick<Expected, 'mark' | 'record'>,
  member: string,
): Sight {
  if (!state) return { standing: 'behind' }
  const { current, anomaly } = state
  const own = markOf(current.rotation)
  const sight = { state, mark: own }
  // an older one of ours was put over it by a copy that came late; the next visit publishes again what is on record
  if (anomaly === 'regressed') return { ...sight, standing: 'behind' }
  if (own === undefined || anomaly === 'edited')
    return { ...sight, standing: isOfItsTime(state, record, member) ? 'behind' : 'foreign' }
  if (sameMark(own, mark)) return { ...sight, standing: 'in-sync' }
  const order = compareMarks(own, mark)
  if (order === 0) return { ...sight, standing: 'foreign' }
  return { ...sight, standing: order > 0 ? 'ahead' : 'behind' }
}

/**
 * Whether a leader before had given it out, as what a native replica of it still holds; or a rotation of a member's own made it that had
 * not come to that when it led.
 */
function isOfItsTime({ current, anomaly }: SecretState, { former, origins }: LeaderRecord, member: string): boolean {
  if (former.some(leader => origins.includes(originOf(leader, current)))) return true
  if (!former.includes(member)) return false
  return anomaly === undefined && current.rotation !== undefined && isOwnName(current.rotation)
}

/** In its own time: a follower that hangs takes nothing from the others. */
export async function visited<T>(
  run: Visitor,
  { name, timeout }: Member,
  visit: (call: Call) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const deadline = Math.min(run.deadline, run.setup.clock.now() + timeout)
  const call: Call = { signal: AbortSignal.any([run.signal, late.signal]), deadline, run: {} }
  const over = Promise.withResolvers<never>()
  const hung = () => {
    over.reject(new RotationError('store-unavailable', `The follower did not answer within ${timeout} ms.`))
    late.abort()
  }
  const timer = setTimeout(hung, timeout)
  try {
    return await Promise.race([visit(call), over.promise])
  } catch (thrown) {
    throw sanitise(thrown).in({ at: name })
  } finally {
    // what it holds is given back now, not when the time is over
    clearTimeout(timer)
  }
}

/** Whether it holds the value that it should, whoever put it there. */
export async function holdsCopy(
  store: MemberStore,
  member: Member,
  members: readonly Member[],
  { state, value, call }: { readonly state: SecretState; readonly value: SecretValue; readonly call: Call },
): Promise<boolean> {
  const found = await store.read(member.id, state.current.version, call)
  if (!found || found.value === 'disabled') return false
  return copyFor(member, members, value, found.value).equals(found.value)
}

/**
 * Until a follower showed it, from when this leader could give it out: the one before may have done so long ago. Unknown when:
 * undefined.
 */
export const lagOf = (
  since: number,
  { promotedAt, record }: Pick<Wanted, 'promotedAt' | 'record'>,
): number | undefined =>
  promotedAt === undefined ? undefined : Math.max(0, since - Math.max(promotedAt, record.since))

export function report(
  member: Member,
  { standing, state, mark }: Sight,
  wanted: Pick<Wanted, 'promotedAt' | 'record'>,
  written = false,
): FollowerReport {
  const since = state?.promotedAt ?? (standing === 'in-sync' ? state?.current.since : undefined)
  const lag = standing === 'in-sync' && since !== undefined ? lagOf(since, wanted) : undefined
  return {
    follower: member.name,
    required: member.required,
    standing,
    written,
    ...(state && { version: state.current.version }),
    ...(mark && { epoch: mark.epoch, sequence: mark.sequence }),
    ...(since !== undefined && { since }),
    ...(lag !== undefined && { lag }),
  }
}

export const failed = (member: Member, thrown: unknown): FollowerReport => ({
  follower: member.name,
  required: member.required,
  standing: 'unknown',
  written: false,
  error: sanitise(thrown),
})
