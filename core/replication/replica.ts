/**
 * Native replicas: verified in their own region, never written. When one first shows a version is noted in the register, because
 * the grace of its consumers counts from then.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { Call } from '../ports/secret-store.ts'
import type { FollowerReport, Member, Visitor } from './replication.ts'
import { type Expected, report } from './sight.ts'

/** `noting`: whether a first sight goes into the register. Undefined: no replica, or one that stands alone by now and is written like any other store. */
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
  if (seen.version !== wanted.version) return shown
  const { epoch, sequence } = wanted.mark
  const known = wanted.record.shown[member.name]
  if (!noting && known?.sequence !== sequence) return { ...shown, standing: 'in-sync', epoch, sequence }
  const since = await firstShown(run, member.name, wanted.record)
  const { promotedAt } = wanted
  const lag = promotedAt === undefined ? {} : { lag: Math.max(0, since - promotedAt) }
  return { ...shown, standing: 'in-sync', epoch, sequence, since, ...lag }
}

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
