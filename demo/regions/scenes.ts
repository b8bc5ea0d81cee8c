/**
 * What happens to the four regions while clients of all of them use the secret: a rotation, one with a region cut off in its middle,
 * and a leader that is lost and comes back.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isRotationError } from '../../core/errors.ts'
import type { SecretStore } from '../../core/ports/secret-store.ts'
import { failOver } from '../../core/replication/fail-over.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { FollowerReport } from '../../core/replication/replication.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import { storeCall } from '../playground.ts'
import { byHand } from '../request.ts'
import { again, askUntil, never, retireSoon, rotateSoon, whyOf } from './ask.ts'
import type { RegionName } from './config.ts'
import { timing } from './timing.ts'
import type { Told } from './told.ts'

/** Cut off in the middle of a rotation. */
export const CUT = 'ap' satisfies RegionName
/** How much longer than the grace the partition lasts. */
const LONGER_MS = 1_000

/** The first copies, and who leads on record. */
export async function firstCopies({ stage, note, board }: Told): Promise<void> {
  // with a production's run life: every SDK is loaded on the way
  const setup = await stage.workers.eu.setup('orders')
  note(await again(() => replicate(setup, byHand({ force: false }), never)))
  board.say('eu leads; us, ap and dc have their first copies (`lockstep replicate`)')
}

export async function plainRotation({ stage, note, board }: Told): Promise<void> {
  const setup = await stage.workers.eu.orders()
  board.say('eu rotates')
  await rotateSoon(setup)
  note(await caughtUp(setup))
  board.say('every region shows the new password; the old one still works')
  await retireSoon(setup)
  board.say('the grace is over in every region: the old password is ended')
}

export interface Partition {
  /** By whom the retirement was held after the grace was over, in the engine's words. */
  readonly heldBy: string
  readonly heldPastGraceMs: number
  /** What the database said to the old password while the region was cut off, and after the retirement. */
  readonly duringCut: Login
  readonly afterRetirement: Login
}
type Login = 'accepted' | 'refused'

/** A region is cut off right after the leader has promoted, and for longer than the grace. */
export async function partition(told: Told): Promise<Partition> {
  const { stage, board, note } = told
  const setup = await stage.workers.eu.orders()
  const login = async (value: SecretValue): Promise<Login> => ((await stage.takes(value)) ? 'accepted' : 'refused')
  board.say('eu rotates again')
  const rotated = await rotateSoon(
    afterPromotion(setup, () => {
      stage.lines.cut(CUT)
      board.of(CUT).state = 'cut off'
      board.say(`the leader has promoted, and ${CUT} IS CUT OFF before its copy arrives`)
    }),
  )
  const promotedAt = Date.now()
  note('followers' in rotated ? rotated.followers : [])
  board.say(`the others show the new password; ${CUT} still shows the old one`)
  const old = await previousOf(setup)
  await sleep(promotedAt + timing.grace + LONGER_MS - Date.now())
  const held = await askUntil(
    () => retire(setup, byHand(), never),
    result => result.outcome === 'retired' || (result.outcome === 'waiting' && result.for === 'followers'),
  )
  const heldPastGraceMs = Date.now() - promotedAt - timing.grace
  const duringCut = await login(old)
  const early = held.outcome === 'retired'
  board.say(
    early
      ? `the old password is ENDED, and ${CUT} still shows it`
      : `the grace is over, and the old password still works. Retirement waits: “${whyOf(held)}”`,
  )
  stage.lines.heal(CUT)
  board.of(CUT).state = 'follows'
  board.say(`${CUT} IS BACK`)
  note(await caughtUp(setup))
  board.say(`${CUT} shows the new password; its own grace counts from now`)
  if (!early) await retireSoon(setup)
  board.say('the old password is ended')
  return { heldBy: whyOf(held), heldPastGraceMs, duringCut, afterRetirement: await login(old) }
}

export interface FailedOver {
  readonly leader: string
  readonly epoch: number
  /** What became of the lost region's own worker, which was asked to rotate: while it was cut off, and when it was back. */
  readonly lostWorker: string
  readonly backWorker: string
  /** Regions that the next rotation reached. */
  readonly reached: number
}

/** The leader's region is lost, a follower leads, and the old leader comes back. */
export async function lostLeader(told: Told): Promise<FailedOver> {
  const { stage, board, note } = told
  const [eu, us] = [await stage.workers.eu.orders('eu'), await stage.workers.us.orders('us')]
  stage.lines.cut('eu')
  board.of('eu').state = 'cut off'
  board.say('eu, which leads, IS LOST')
  const asked = attempt(eu)
  const made = await again(() => failOver(us, byHand({ reason: 'region lost' }), never))
  board.of('us').state = 'leads'
  note(made.followers)
  board.say(`us leads from now on: epoch ${made.epoch} (\`lockstep fail-over orders --to us\`)`)
  const lostWorker = await asked
  board.say(`the worker in eu cannot ask who leads, and changes nothing (${lostWorker})`)
  stage.lines.heal('eu')
  board.of('eu').state = 'follows'
  board.say('eu IS BACK')
  const backWorker = await attempt(eu)
  board.say(`the worker in eu is asked to rotate: ${backWorker}`)
  note(await caughtUp(us))
  board.say('us rotates')
  await rotateSoon(us)
  const followers = await caughtUp(us)
  note(followers)
  const reached = followers.filter(({ standing }) => standing === 'in-sync').length
  board.say('every region shows the new password, eu too, as a follower')
  await retireSoon(us)
  board.say('the old password is ended')
  return { leader: made.to, epoch: made.epoch, lostWorker, backWorker, reached }
}

/** What the schedule does with followers that are behind. */
const caughtUp = (setup: RotationSetup): Promise<readonly FollowerReport[]> =>
  askUntil(
    () => replicate(setup, byHand({ force: false }), never),
    reports => reports.every(({ standing }) => standing === 'in-sync'),
  )

/** What a worker makes of a request to rotate, in a word. */
async function attempt(setup: RotationSetup): Promise<string> {
  try {
    return (await rotate(setup, byHand(), never)).outcome
  } catch (error) {
    if (isRotationError(error)) return error.code
    throw error
  }
}

async function previousOf({ store, id }: RotationSetup): Promise<SecretValue> {
  const { previous } = (await store.describe(id, storeCall()))!
  const found = await store.read(id, previous!.version, storeCall())
  return found!.value as SecretValue
}

export function afterPromotion(setup: RotationSetup, happens: () => void): RotationSetup {
  const promote: SecretStore['promote'] = async (...args) => {
    const promoted = await setup.store.promote(...args)
    happens()
    return promoted
  }
  const store = new Proxy(setup.store, {
    get(inner, property) {
      if (property === 'promote') return promote
      const member = Reflect.get(inner, property, inner) as unknown
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
  return { ...setup, store }
}
