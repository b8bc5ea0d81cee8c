/**
 * Native replicas: verified in their own region, never written. When one first shows a version is noted in the register, because
 * the grace of its consumers counts from then. They follow the store that they are copied from, whoever leads: so another leader makes
 * them stand alone.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { Call, VersionId } from '../ports/secret-store.ts'
import { originOf } from './mark.ts'
import type { FollowerReport, Member, Visitor } from './replication.ts'
import { type Expected, lagOf, report } from './sight.ts'

/** Whether its store copies to it by itself, now. */
export async function isCopied(member: Member, call: Call): Promise<boolean> {
  const replica = await member.native?.()
  return (await replica?.look(member.id, call))?.from !== undefined
}

/** `noting`: whether a first sight goes into the register, and copies of a former leader are detached. Undefined: no replica, or one that stands alone by now and is written like any other store. */
export async function lookAtReplica(
  run: Visitor,
  member: Member,
  wanted: Expected,
  call: Call,
  noting = true,
): Promise<FollowerReport | undefined> {
  const replica = await member.native?.()
  if (!replica) return undefined
  const seen = await replica.look(member.id, call)
  if (!seen)
    throw new RotationError('secret-not-found', `There is no replica ${member.id} in its region.`, {
      next: 'Let the leader’s store replicate there first.',
    })
  if (seen.from === undefined) return undefined
  const shown = { ...report(member, { standing: 'behind' }, wanted), version: seen.version }
  if (!isSource(run, wanted.record.leader)) {
    if (!noting) return shown
    await replica.detach(member.id, call)
    return undefined
  }
  if (!isWanted(seen.version, wanted)) return shown
  const { epoch, sequence } = wanted.mark
  const known = wanted.record.shown[member.name]
  if (!noting && known?.sequence !== sequence) return { ...shown, standing: 'in-sync', epoch, sequence }
  const since = await firstShown(run, member.name, wanted.record)
  const lag = lagOf(since, wanted)
  return { ...shown, standing: 'in-sync', epoch, sequence, since, ...(lag !== undefined && { lag }) }
}

/** Native replicas are copies of the secret's own store. */
const isSource = ({ setup }: Visitor, leader: string): boolean => setup.replication?.members[0]?.name === leader

/** While the leader cannot be read, its register says what it gave out last. */
const isWanted = (version: VersionId, { version: wanted, mark, record }: Expected): boolean =>
  version === wanted || originOf(record.leader, { version }) === mark.origin

/** Never too early: it may have shown it before somebody looked. */
async function firstShown(run: Visitor, name: string, seen: LeaderRecord): Promise<number> {
  const { register, secret } = run.setup.replication!
  const { epoch, sequence } = seen
  for (let record = seen; ; ) {
    const known = record.shown[name]
    if (known?.sequence === sequence) return known.at
    const shown = { ...record.shown, [name]: { sequence, at: Math.ceil(run.setup.clock.now()) } }
    record = await register.swap(secret, record, { ...record, shown }, run.call())
    if (record.epoch !== epoch || record.sequence !== sequence)
      throw new RotationError('stale', 'There is a later version, or another leader.')
  }
}
