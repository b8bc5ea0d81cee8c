/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`.
 * @module
 */
import { isRotationError } from '../../errors.ts'
import type { Duration } from '../../ports/clock.ts'
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { writerOf } from '../common/endpoint.ts'
import { blocks, tlsFindings, warns } from '../common/finding.ts'
import { using } from '../common/logins.ts'
import { type Account, anyAccount, ownAccount } from './account.ts'
import { openAdmin, openSession } from './connect.ts'
import { dictionaryName, identifier } from './names.ts'
import type { Context } from './options.ts'

/** The contract's `examine`. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const account = await look(context, current, call)
  const tls = tlsFindings(context.tls, 'everything but passwords can be read and changed on the way.')
  if (account === undefined)
    return [...tls, blocks('login-missing', `The login ${dictionaryName(current.username)} does not exist.`)]
  return [...tls, ...about(account, context, current.username)]
}

/** As the admin if there is one who may look; else as the login itself. */
async function look(context: Context, current: Credential, call: TargetCall): Promise<Account | undefined> {
  if (context.admin)
    try {
      return await using(openAdmin(context, call), admin => anyAccount(admin, dictionaryName(current.username)))
    } catch (error) {
      if (!isRotationError(error, 'permission-missing')) throw error
    }
  return using(openSession(context, writerOf(context), current, call), ownAccount)
}

function* about(account: Account, context: Context, login: string): Iterable<Finding> {
  const name = dictionaryName(login)
  if (account.maintained)
    return yield blocks('unsupported-login', `${name} is not rotated: Oracle itself maintains it.`)
  if (/LOCKED/.test(account.status))
    yield blocks('login-locked', `${name} is locked (${account.status}). If nobody locked it on purpose, unlock it.`, {
      remedy: `ALTER USER ${identifier(login)} ACCOUNT UNLOCK;`,
    })
  if (/^EXPIRED/.test(account.status))
    yield blocks('password-expired', `The password of ${name} has expired or is about to (${account.status}).`)
  yield* aboutWindow(account, context, name)
  if (account.window > 0 && account.remembers)
    yield warns(
      'password-history',
      `The profile of ${name} remembers or compares passwords: the previous one may log in until the rollover ends by itself, and a rollback within it does not last.`,
    )
}

function* aboutWindow({ window, profile, inRollover }: Account, { grace }: Context, name: string): Iterable<Finding> {
  const wanted = Math.max(1, Math.ceil((grace ?? 0) / 86_400_000))
  const remedy = `ALTER PROFILE ${profile === undefined ? '<profile>' : `"${profile}"`} LIMIT PASSWORD_ROLLOVER_TIME ${wanted};`
  if (window === 0)
    return yield blocks(
      'rollover-disabled',
      `The profile of ${name} allows no second password: PASSWORD_ROLLOVER_TIME is 0.`,
      {
        remedy,
      },
    )
  const length = `Two passwords log in for ${shown(window)} after a change (PASSWORD_ROLLOVER_TIME)`
  if (grace === undefined) yield warns('rollover-window', `${length}: the grace must not be longer.`)
  else if (grace > window)
    yield blocks('rollover-window', `${length}: less than the grace of ${shown(grace)}.`, { remedy })
  if (inRollover)
    yield warns(
      'rollover-under-way',
      `${name} has two passwords at the moment; the rollover counts from the first change, and ends within ${shown(window)}.`,
    )
}

function shown(ms: Duration): string {
  const hours = Math.round(ms / 36_000) / 100
  return hours % 24 === 0 && hours >= 48 ? `${hours / 24} days` : `${hours} hours`
}
