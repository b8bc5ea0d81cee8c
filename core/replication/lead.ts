/**
 * Whether this run may act: the register says who leads. Confirmed before the target is touched, before a promotion and before a
 * retirement; what a former leader had begun before that can last for a run's life, and the new one waits for it.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { RotationId, SecretState, VersionId } from '../ports/secret-store.ts'
import { Waiting } from '../rotation/outcome.ts'
import type { Run } from '../rotation/run.ts'
import type { RotationResult } from '../rotation/setup.ts'
import { type Mark, originOf } from './mark.ts'
import { ORIGINS } from './record.ts'
import type { Replication } from './replication.ts'

/** Nobody was ever named: `refused`. */
export async function leaderOf(run: Run, { register, secret }: Replication): Promise<LeaderRecord> {
  return (await register.read(secret, run.call())) ?? unled(run.setup.secret)
}

/** Only a person names the first leader: a record that was lost may have named another one. */
export function unled(secret: string): never {
  throw new RotationError('refused', 'No record says which member leads this secret.', {
    secret,
    next: `Run \`lockstep replicate ${secret}\` once: it writes the first record.`,
  })
}

/** Another member leads: `not-leader`. Without followers: nothing. */
export async function confirmLead(run: Run): Promise<LeaderRecord | undefined> {
  const { replication } = run.setup
  if (!replication) return undefined
  const record = await leaderOf(run, replication)
  if (record.leader === replication.self) return record
  throw new RotationError('not-leader', `${record.leader} leads this secret since epoch ${record.epoch}.`, {
    at: replication.self,
  })
}

/** The answer of a run whose member does not lead. Leads, or has no followers: undefined. */
export async function standsBy(run: Run): Promise<RotationResult | undefined> {
  const { replication } = run.setup
  if (!replication) return undefined
  const { leader, epoch } = await leaderOf(run, replication)
  if (leader === replication.self) return undefined
  return { outcome: 'standing-by', why: `${leader} leads this secret, since epoch ${epoch}.` }
}

/** What a run of the leader before had begun ends within its life. */
export function requireQuietEpoch(run: Run, { epoch, since }: LeaderRecord): void {
  const { clock, policy } = run.setup
  const until = since + policy.runLife
  if (epoch === 1 || clock.now() >= until) return
  throw new Waiting(
    'run-life',
    'This member leads since a moment ago; a run of the one before may still be at work.',
    until,
  )
}

/**
 * Gives the leader's current its place in the order, if it has none yet. Whoever is overtaken by a fail-over: `not-leader`. A version
 * that had a place before a later one: `busy`, the store has answered from an old state.
 */
export async function publish(
  run: Run,
  state: SecretState,
): Promise<{ readonly mark: Mark; readonly record: LeaderRecord }> {
  const replication = run.setup.replication!
  const origin = originOf(replication.self, state.current)
  for (;;) {
    const record = (await confirmLead(run))!
    if (record.origins[0] === origin)
      return { mark: { epoch: record.epoch, sequence: record.sequence, origin }, record }
    if (record.origins.includes(origin) && run.request.force !== true)
      throw new RotationError('busy', 'The leader’s store shows a version that a later one has replaced.', {
        at: replication.self,
        next: 'Wait a moment. If somebody put the older version back on purpose: `lockstep replicate NAME --force --reason …`.',
      })
    const origins = [origin, ...record.origins.filter(other => other !== origin)].slice(0, ORIGINS)
    await replication.register.swap(
      replication.secret,
      record,
      { ...record, sequence: record.sequence + 1, origins },
      run.call(),
    )
  }
}

/** The place that the next promotion will have, for copies that are staged before it. */
export const nextMark = (
  { epoch, sequence }: LeaderRecord,
  leader: string,
  { id, pending }: { readonly id: RotationId; readonly pending: { readonly version: VersionId } },
): Mark => ({
  epoch,
  sequence: sequence + 1,
  origin: originOf(leader, { rotation: id, version: pending.version }),
})
