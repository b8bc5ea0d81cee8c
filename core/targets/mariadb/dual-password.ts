/**
 * One login with two passwords: an account may list several, joined by OR, and each lets in. The list is always written as a whole, so
 * it holds current and pending, or current, and never more. Only an admin may write it.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireOtherPassword, requireSameLogin } from '../common/twin.ts'
import { accountOf, withCurrent } from '../mysql-wire/logins.ts'
import { changeAccounts, includingOwn, type Wanted } from './change-accounts.ts'
import { nativeHash } from './hash.ts'
import { holdsExactly } from './methods.ts'
import type { Context } from './options.ts'
import { caughtUp, caughtUpSoon, type Position } from './position.ts'
import { proveEnded, requireOnly } from './shared.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const dualPassword = (context: Context): Parts => ({
  strategy: 'dual-password',
  overlap: 'both-valid',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    const hashes = [nativeHash(pending), nativeHash(current)]
    await change(context, current, call, (facts, at) => {
      requireOnly(facts, hashes, at)
      return holdsExactly(facts.methods, ...hashes) ? undefined : hashes
    })
  },

  async end({ previous, current }, call) {
    requireOtherPassword(current, previous)
    const known = [nativeHash(current), nativeHash(previous)]
    await change(context, current, call, ended(known), 'wait')
    await proveEnded(context, previous, call)
  },
})

const ended =
  (known: readonly string[]): Wanted =>
  (facts, at) => {
    requireOnly(facts, known, at)
    return holdsExactly(facts.methods, known[0]!) ? undefined : [known[0]!]
  }

/** Current logs in everywhere first. `wait`: readers must have applied it. */
const change = (
  context: Context,
  current: Credential,
  call: TargetCall,
  wanted: Wanted,
  wait?: 'wait',
): Promise<void> =>
  withCurrent(context, current, call, async (writer, sessions) => {
    if (context.admin === undefined) throw adminMissing(writer.endpoint.name)
    const own = await accountOf(writer)
    const position: Position = await changeAccounts(context, current.username, call, wanted, includingOwn(own))
    await (wait === undefined ? caughtUpSoon : caughtUp)(sessions, position, call, context)
  })

const adminMissing = (at: string): RotationError =>
  new RotationError('permission-missing', 'A login of MariaDB cannot give itself a second password.', {
    at,
    next: 'Name an admin secret for this target in lockstep.yml, or use the strategy single-user.',
  })
