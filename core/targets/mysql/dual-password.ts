/**
 * One login with two passwords (MySQL 8.0.14 and later): the new one is added while the old one stays valid, until it is discarded. The
 * server keeps two and no more: whoever adds another one silently ends the older, so nothing is added before it is known
 * what is there.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { writerOf } from '../common/endpoint.ts'
import { acceptance } from '../common/logins.ts'
import { requireOtherPassword, requireSameLogin } from '../common/twin.ts'
import { openSession } from '../mysql-wire/connect.ts'
import { acceptedBy, accountOf, withCurrent } from '../mysql-wire/logins.ts'
import { account } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import { held } from './accounts.ts'
import { type Clauses, changeAccounts, keeping, retain } from './change-accounts.ts'
import { requireSendable } from './fresh.ts'
import type { Context } from './options.ts'
import { beginOwnChange, keepOnly, replaceOwn } from './own-account.ts'
import { caughtUp, caughtUpSoon, type Position, positionOf } from './position.ts'
import { holdingCurrent, includingOwn, notOurs, proveEnded } from './shared.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const dualPassword = (context: Context): Parts => ({
  strategy: 'dual-password',
  overlap: 'both-valid',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    await withCurrent(context, current, call, async (writer, sessions) => {
      requireSendable(pending, writer.endpoint.name)
      if (pending.password.equals(current.password)) return
      const position = await add(context, writer, { current, pending }, call)
      await caughtUpSoon(sessions, position, call, context)
    })
    // the change made every server forget what it had cached, and clients without TLS may be unable to log in for the first time
    await acceptedBy(context, current, call).catch(() => {})
  },

  async end({ previous, current }, call) {
    requireOtherPassword(current, previous)
    await withCurrent(context, current, call, async (writer, sessions) => {
      const position = await keepCurrent(context, writer, { previous, current }, call)
      await caughtUp(sessions, position, call, context)
    })
    await proveEnded(context, previous, call)
    // the right password last, because wrong ones are counted
    await withCurrent(context, current, call, async () => {})
  },
})

interface Change {
  readonly current: Credential
  readonly pending: Credential
}

async function add(context: Context, writer: Session, change: Change, call: TargetCall): Promise<Position> {
  const { current } = change
  if (context.admin !== undefined) {
    const own = await accountOf(writer)
    return changeAccounts(context, current.username, call, adding(change), includingOwn(own))
  }
  await beginOwnChange(writer, current.username, context, call)
  if (!(await replaceOwn(writer, current, change.pending, ' RETAIN CURRENT PASSWORD')))
    await requireSecond(context, writer, change, call)
  return positionOf(writer)
}

/** Current turned out to be the second password: fine if pending is the first, as after a run that got no answer. */
async function requireSecond(context: Context, writer: Session, { pending }: Change, call: TargetCall): Promise<void> {
  const open = () => openSession(context, writerOf(context), pending, call)
  const { refused } = await acceptance([writer.endpoint], open)
  if (refused.length > 0) throw notOurs('The login has got another password meanwhile', writer.endpoint.name)
}

const adding =
  ({ current, pending }: Change): Clauses =>
  (facts, at) => {
    const one = held(facts, facts.stored, current.password, pending.password)
    if (facts.second === undefined) {
      // only pending, which current cannot be added to
      if (one === 'other') return []
      holdingCurrent(facts, one, at)
      return [retain(pending)]
    }
    const two = held(facts, facts.second, current.password, pending.password)
    if ((one === 'current' && two === 'other') || (one === 'other' && two === 'current')) return []
    if (one === 'unknown' || two === 'unknown')
      throw new RotationError(
        'unsupported',
        `Which two passwords the account ${account(facts)} has cannot be seen: it takes the server too long to hash them.`,
        { at, next: 'Lower caching_sha2_password_digest_rounds, or discard the old password by hand.' },
      )
    throw notOurs(`The account ${account(facts)} has a second password that is neither current nor pending`, at)
  }

async function keepCurrent(
  context: Context,
  writer: Session,
  { previous, current }: { readonly previous: Credential; readonly current: Credential },
  call: TargetCall,
): Promise<Position> {
  if (context.admin !== undefined) {
    const own = await accountOf(writer)
    return changeAccounts(context, current.username, call, ending(previous, current), includingOwn(own))
  }
  await beginOwnChange(writer, current.username, context, call)
  await keepOnly(writer, current, previous)
  return positionOf(writer)
}

/** Current stays alone; a password that is neither may be another run's. */
const ending =
  (previous: Credential, current: Credential): Clauses =>
  (facts, at) => {
    for (const stored of [facts.stored, facts.second])
      if (stored !== undefined && held(facts, stored, current.password, previous.password) === 'neither')
        throw notOurs(`The account ${account(facts)} has a password that is neither current nor previous`, at)
    return keeping(current)(facts, at)
  }
