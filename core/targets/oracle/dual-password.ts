/**
 * One login with two passwords for a while: where the profile has a PASSWORD_ROLLOVER_TIME, a change keeps the old password
 * beside the new one until the rollover ends, by itself or when it is told to. The login does all of it itself, and the password
 * stands in no statement.
 *
 * The server keeps the password from before the rollover and the newest one, not those between; the time counts from the first
 * change; and the end leaves the newest. It does not show which of two passwords that is.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEnded, using } from '../common/logins.ts'
import { requireOtherPassword, requireSameLogin } from '../common/twin.ts'
import { anyAccount, ownAccount, requireOurs } from './account.ts'
import { openAdmin, openSession } from './connect.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import { dictionaryName, identifier, requirePassword } from './names.ts'
import type { Context } from './options.ts'
import { ended } from './replicas.ts'
import type { Session } from './session.ts'

type Parts = Pick<SettableTarget, 'strategy' | 'overlap' | 'nextUsername' | 'set' | 'end'>

export const dualPassword = (context: Context): Parts => ({
  strategy: 'dual-password',
  overlap: 'both-valid',
  nextUsername: current => current.username,

  async set({ current, pending }, call) {
    requireSameLogin(current, pending)
    requirePassword(pending.password.reveal())
    await withCurrent(context, current, call, async writer => {
      if (current.password.equals(pending.password)) return
      const account = await ownAccount(writer)
      const at = writer.endpoint.name
      requireOurs(account, at)
      if (account.inRollover) return requireSecond(context, writer, pending, call)
      // without a window the change would end current
      if (account.window === 0) throw rolloverDisabled(at)
      await writer.changePassword(current.username, current.password.reveal(), pending.password.reveal())
    })
  },

  async end({ previous, current }, call) {
    requireOtherPassword(current, previous)
    await withCurrent(context, current, call, async (writer, all) => {
      const account = await ownAccount(writer)
      requireOurs(account, writer.endpoint.name)
      if (account.inRollover) {
        await requireSecond(context, writer, previous, call)
        await endRollover(context, writer, current, call)
      }
      await ended(context, all, call)
    })
    requireEnded(await acceptedBy(context, previous, call))
  },
})

/** A rollover is under way: beside current there is `other`, or a password of somebody else's. One login tells. */
async function requireSecond(
  context: Context,
  { endpoint }: Session,
  other: Credential,
  call: TargetCall,
): Promise<void> {
  try {
    await using(openSession(context, endpoint, other, call), async () => {})
  } catch (error) {
    if (!isRotationError(error, 'auth-failed')) throw error
    throw new RotationError(
      'not-ours',
      'The login has a second password that is none of the two versions in question.',
      {
        at: endpoint.name,
        next: 'Retire the version whose password it is, or let the rollover end; `lockstep doctor NAME` says how long it lasts.',
      },
    )
  }
}

/** Leaves `current` as the only password, whichever of the two it is: made the newest first, since the newest stays. */
async function endRollover(context: Context, writer: Session, current: Credential, call: TargetCall): Promise<void> {
  const password = current.password.reveal()
  try {
    await writer.changePassword(current.username, password, password)
  } catch (error) {
    if (!isRotationError(error, 'value-rejected')) throw error
    throw new RotationError(
      'target-busy',
      'The profile does not let current be set once more, so which password would stay is unknown: the rollover was not ended.',
      {
        at: writer.endpoint.name,
        foreign: error.foreign,
        next: 'The rollover ends by itself and leaves the newest password. If current is the older one (after a rollback), rotate again after that.',
      },
    )
  }
  const expire = `ALTER USER ${identifier(current.username)} EXPIRE PASSWORD ROLLOVER PERIOD`
  try {
    await writer.change(expire)
  } catch (error) {
    if (!isRotationError(error, 'permission-missing') || context.admin === undefined) throw error
    await using(openAdmin(context, call), admin => admin.change(expire))
  }
}

/**
 * Makes a credential the only one that is valid, whatever the server holds. The old password is not known, so the new one has to
 * stand in a statement: the only one that holds a password.
 */
export const force =
  (context: Context) =>
  async ({ username, password }: Credential, call: TargetCall): Promise<void> => {
    const text = password.reveal()
    requirePassword(text)
    await using(openAdmin(context, call), async admin => {
      const account = await anyAccount(admin, dictionaryName(username))
      const at = admin.endpoint.name
      if (account === undefined)
        throw new RotationError('identity-mismatch', 'The login to change does not exist.', { at })
      requireOurs(account, at)
      await admin.change(`ALTER USER ${identifier(username)} IDENTIFIED BY "${text}" EXPIRE PASSWORD ROLLOVER PERIOD`)
    })
  }

const rolloverDisabled = (at: string): RotationError =>
  new RotationError('unsupported', 'PASSWORD_ROLLOVER_TIME of the profile is 0: a change would end current at once.', {
    at,
    next: 'Run `lockstep doctor NAME`: it prints the statement that allows a second password.',
  })
