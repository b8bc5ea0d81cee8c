/**
 * Makes a follower the leader. The register decides, by one compare-and-set: whoever comes second hears who was first. What the lost
 * leader had begun is decided by what the target accepts: a staged value that works is promoted, one that does not is left to the next run.
 * @module
 */
import { RotationError, sanitise } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import type { RotationId, SecretState, VersionId } from '../ports/secret-store.ts'
import { recordFailure, retried } from '../rotation/guarded.ts'
import { Run } from '../rotation/run.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'
import { catchUp } from './catch-up.ts'
import { leaderOf } from './lead.ts'
import { type Mark, markOf, originOf } from './mark.ts'
import { ORIGINS } from './record.ts'
import { type FollowerReport, memberOf, type Replication } from './replication.ts'

export interface FailOverOptions {
  /** Although versions are lost that the leader had given out. */
  readonly acceptOlder?: boolean
  /** The plan alone. */
  readonly dryRun?: boolean
}

export interface FailOver {
  readonly from: string
  readonly to: string
  readonly epoch: number
  /** It led already: only what was missing was done. */
  readonly already: boolean
  /** `current`: what it showed goes on. `staged`: what the lost leader had staged there is what the target accepts, and is promoted. */
  readonly adopts: 'current' | 'staged'
  /** How many versions of the lost leader it never had. */
  readonly lost: number
  /** When the new leader may rotate: a run of the old one may be at work until then. */
  readonly quietUntil: number
  /** Empty in a dry run. */
  readonly followers: readonly FollowerReport[]
}

/** `setup` acts for the follower that is to lead. Repeat: finishes what is left. No reason: `usage`. */
export async function failOver(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
  options: FailOverOptions = {},
): Promise<FailOver> {
  const { replication } = setup
  if (!replication) throw new RotationError('usage', 'This secret has no followers.', { secret: setup.secret })
  if (!request.reason && options.dryRun !== true)
    throw new RotationError('usage', 'A fail-over needs a reason; it goes on record.', { secret: setup.secret })
  const run = new Run(setup, request, signal)
  let asked: LeaderRecord | undefined
  try {
    return await retried(run, async () => {
      const record = await leaderOf(run, replication)
      asked ??= record
      if (record.leader !== replication.self && record.epoch !== asked.epoch) throw overtaken(record, replication)
      return takeOver(run, replication, record, options)
    })
  } catch (thrown) {
    const failure = sanitise(thrown).in({ secret: setup.secret })
    await recordFailure(run, failure)
    throw failure
  }
}

async function takeOver(
  run: Run,
  replication: Replication,
  record: LeaderRecord,
  options: FailOverOptions,
): Promise<FailOver> {
  const led = record.leader === replication.self
  const candidate = led ? undefined : await examine(run, replication, record)
  const base = {
    from: led ? (record.former.at(-1) ?? record.leader) : record.leader,
    to: replication.self,
    already: led,
    adopts: candidate?.adopts ?? 'current',
    lost: candidate?.lost ?? 0,
  } as const
  if (candidate && candidate.lost > 0 && options.acceptOlder !== true) throw behind(record, replication, candidate)
  const { runLife } = run.setup.policy
  if (options.dryRun) {
    const epoch = led ? record.epoch : record.epoch + 1
    return { ...base, epoch, quietUntil: (led ? record.since : run.setup.clock.now()) + runLife, followers: [] }
  }
  const now = candidate ? await raise(run, replication, record, candidate) : await recordAgain(run, record)
  const followers = await settle(run, replication)
  return { ...base, epoch: now.epoch, quietUntil: now.since + runLife, followers }
}

interface Candidate {
  /** What it shows. */
  readonly current: Pick<SecretState['current'], 'version' | 'rotation'>
  /** What makes it the leader's version: the rotation that brought it, or is to promote it. */
  readonly rotation?: RotationId | undefined
  readonly adopts: FailOver['adopts']
  readonly lost: number
  /** What it had shown before: a store that answers from an old state must not bring it back. */
  readonly older: readonly string[]
}

/** What was staged there if the target accepts it, else the follower's own current. Neither: `nothing-authenticates`. */
async function examine(run: Run, replication: Replication, record: LeaderRecord): Promise<Candidate> {
  const { self } = replication
  const member = memberOf(replication, self)
  const replica = await member?.native?.()
  const sight = await replica?.look(member!.id, run.call())
  if (sight?.from !== undefined) return examineReplica(record, sight.version)
  const state = await run.describe()
  if (!state) throw new RotationError('secret-not-found', 'The follower has no such secret.', { at: self })
  requireOwn(state, record, self)
  const adopts = await accepted(run, state)
  const { current, pending } = state
  const rotation = adopts === 'staged' ? pending?.rotation : current.rotation
  const older = await shownBefore(run, state, self)
  return { current, rotation, adopts, lost: lostBy(record, markOf(rotation)), older }
}

/** Older versions that go on record with the one that is adopted: those that a rotation had brought. */
const OLDER = 3

async function shownBefore(run: Run, { current, previous }: SecretState, self: string): Promise<readonly string[]> {
  const { store, id } = run.setup
  const found = await store.unlabelled(id, OLDER, run.call())
  const before = previous && (await store.read(id, previous.version, run.call()))
  const brought = [current, ...(before ? [before] : []), ...found].filter(({ rotation }) => rotation !== undefined)
  return brought.slice(0, OLDER).map(version => originOf(self, version))
}

/** Versions of native replicas are the leader's own: those that it gave out were tested. */
function examineReplica({ leader, origins, sequence }: LeaderRecord, version: VersionId): Candidate {
  const place = origins.indexOf(originOf(leader, { version }))
  return { current: { version }, adopts: 'current', lost: place < 0 ? sequence : place, older: [] }
}

/** What somebody else has put there is no copy. */
function requireOwn({ current, anomaly }: SecretState, { former }: LeaderRecord, self: string): void {
  if (anomaly !== 'edited' && (markOf(current.rotation) || former.includes(self))) return
  throw new RotationError('follower-foreign', 'The follower holds a value that is no copy of the leader’s.', {
    at: self,
  })
}

async function accepted(run: Run, { current, pending }: SecretState): Promise<FailOver['adopts']> {
  const { target } = run.setup
  const works = async (which: Parameters<Run['read']>[0]): Promise<boolean> =>
    (await target.accepts((await run.read(which)).credential, run.targetCall)).refused.length === 0
  const staged = pending?.ours && pending.base === current.version && isCopy(pending.rotation)
  // where both work, the lost leader's consumers may have the later one
  if (staged && (await works({ pending: pending.rotation }))) return 'staged'
  if (await works(current.version)) return 'current'
  throw new RotationError(
    'nothing-authenticates',
    'The target accepts neither what the follower shows nor what is staged there.',
    {
      next: 'Look at the other followers with `lockstep drift NAME`, or run `lockstep doctor NAME --fix` with an admin secret.',
    },
  )
}

/** A version that was staged for the next place is not lost, whoever has promoted it since. */
function lostBy({ epoch, sequence }: LeaderRecord, mark: Mark | undefined): number {
  if (!mark || mark.epoch > epoch) return 0
  return mark.epoch < epoch ? sequence : Math.max(0, sequence - mark.sequence)
}

function behind({ leader, sequence }: LeaderRecord, { self }: Replication, { lost }: Candidate): RotationError {
  const versions = lost === 1 ? 'the last version' : `the last ${lost} versions`
  return new RotationError(
    'follower-behind',
    `${self} does not have ${versions} that ${leader} gave out (up to ${sequence}). Consumers elsewhere would go back to an older value, which the target still accepts.`,
    { at: self },
  )
}

/** Whoever asked for a fail-over from one leader has not asked for one from the next. */
const overtaken = ({ leader, epoch }: LeaderRecord, { self }: Pick<Replication, 'self'>): RotationError =>
  new RotationError('not-leader', `Somebody was first: ${leader} leads since epoch ${epoch}.`, { at: self })

/** By compare-and-set: of two operators, one wins. */
async function raise(
  run: Run,
  { register, secret, self }: Replication,
  record: LeaderRecord,
  { current: { version }, rotation, adopts, older }: Candidate,
): Promise<LeaderRecord> {
  const adopted = { version, ...(rotation && { rotation }) }
  const former = [...record.former.filter(name => name !== self && name !== record.leader), record.leader]
  const next: LeaderRecord = {
    epoch: record.epoch + 1,
    leader: self,
    since: Math.ceil(run.setup.clock.now()),
    sequence: record.sequence + 1,
    origins: [...new Set([originOf(self, adopted), ...older, ...record.origins])].slice(0, ORIGINS),
    former,
    shown: {},
  }
  const stands = await register.swap(secret, record, next, run.call())
  // of two that take over in turn, the first led for a moment
  if (stands.leader === self || stands.origins.includes(next.origins[0]!))
    await run.record('failed_over', {
      result: 'success',
      versions: { new: version },
      details: { from: record.leader, to: self, epoch: next.epoch, adopts },
    })
  if (stands.leader !== self) throw overtaken(stands, { self })
  return stands
}

/** A run may have died between the change and its record; a second line of the same epoch says `already`. */
async function recordAgain(run: Run, record: LeaderRecord): Promise<LeaderRecord> {
  const { former, leader, epoch } = record
  const from = former.at(-1)
  if (from !== undefined) await run.record('failed_over', { result: 'already', details: { from, to: leader, epoch } })
  return record
}

/** A replica is made to stand alone, what works is promoted, and everybody else is told. Repeat: what is left of it. */
async function settle(run: Run, replication: Replication): Promise<readonly FollowerReport[]> {
  const member = memberOf(replication, replication.self)
  const replica = await member?.native?.()
  if ((await replica?.look(member!.id, run.call()))?.from !== undefined) await replica?.detach(member!.id, run.call())
  const state = await run.describe()
  if (!state) throw new RotationError('secret-not-found', 'The new leader’s store has no such secret.')
  await promoteStaged(run, state)
  const now = await run.describe()
  return now ? catchUp(run, now) : []
}

async function promoteStaged(run: Run, state: SecretState): Promise<void> {
  const { pending, current } = state
  if (!pending?.ours || pending.base !== current.version || !isCopy(pending.rotation)) return
  if ((await accepted(run, state)) === 'current') return
  await run.setup.store.promote(run.setup.id, { rotation: pending.rotation, base: current.version }, run.call())
}

const isCopy = (rotation: RotationId): boolean => markOf(rotation) !== undefined
