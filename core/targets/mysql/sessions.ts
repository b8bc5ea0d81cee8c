/**
 * Ending sessions. The server does not say when a session was opened, nor with which password, so they are never counted (`sessions`
 * is absent).
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { openAdmin, openSession } from '../mysql-wire/connect.ts'
import { text } from '../mysql-wire/quote.ts'
import type { Session } from '../mysql-wire/session.ts'
import type { Context, Endpoint } from './options.ts'
import { rightsOf } from './rights.ts'

interface Which {
  readonly only?: 'idle'
  readonly before?: Instant
}

/**
 * `before`: those that have been at what they do since then; one that was opened earlier and has been busy after it is left, unless
 * `before` is now. Idle sessions of a login that current uses too are left alone: they are its consumers'.
 */
export const endSessions =
  (context: Context): NonNullable<SettableTarget['endSessions']> =>
  async ({ username }, current, which, call) => {
    const shared = username === current.username
    if (shared && which.only === 'idle') return 0
    let sum = 0
    for (const endpoint of servers(context))
      sum += await using(opened(context, endpoint, current, shared, call), session =>
        endMatching(session, username, shared, which, context.now()),
      )
    return sum
  }

/** A login sees and ends its own sessions; those of another one need an admin. */
const opened = (context: Context, endpoint: Endpoint, current: Credential, shared: boolean, call: TargetCall) =>
  shared ? openSession(context, endpoint, current, call) : openAdmin(context, call, endpoint)

async function endMatching(
  session: Session,
  login: string,
  shared: boolean,
  which: Which,
  now: Instant,
): Promise<number> {
  const conditions = [
    `USER = ${text(login)} AND ID <> CONNECTION_ID()`,
    ...(which.only === 'idle' ? ["COMMAND = 'Sleep'"] : []),
    // in whole seconds, cut off
    ...(which.before === undefined ? [] : [`TIME >= ${Math.ceil((now - which.before) / 1000 - 1)}`]),
  ]
  if (!shared && !(await rightsOf(session)).may('PROCESS')) throw lacksRight(session.endpoint.name)
  const rows = await session.query(
    `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ${conditions.join(' AND ')}`,
  )
  let ended = 0
  for (const { id } of rows) if (await ends(session, Number(id))) ended++
  return ended
}

async function ends(session: Session, id: number): Promise<boolean> {
  try {
    await session.query(`KILL CONNECTION ${id}`)
    return true
  } catch (error) {
    if (!isRotationError(error)) throw error
    if (error.foreign === '1094') return false // gone meanwhile
    if (error.foreign !== '1095') throw error
    throw lacksRight(session.endpoint.name, error.foreign)
  }
}

/** Who lacks PROCESS sees no session of anybody else, and would end none without a word. */
const lacksRight = (at: string, foreign?: string): RotationError =>
  new RotationError('permission-missing', 'The admin may not see and end sessions of the login.', {
    at,
    foreign,
    next: 'GRANT CONNECTION_ADMIN and PROCESS ON *.* to the admin.',
  })

/** Writer and readers, each server once. */
const servers = ({ endpoints }: Context): readonly Endpoint[] => {
  const direct = endpoints.filter(({ role }) => role !== 'pooler')
  return [...new Map(direct.map(endpoint => [`${endpoint.host}:${endpoint.port ?? 3306}`, endpoint])).values()]
}
