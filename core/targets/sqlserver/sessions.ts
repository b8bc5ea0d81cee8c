/**
 * Who is still logged in: `sys.dm_exec_sessions`, on the writer and every reader.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { openAdminIn, openSession } from './connect.ts'
import { type Context, servers } from './options.ts'
import { literal } from './quote.ts'
import type { Row, Session } from './session.ts'

/** Without the right, a login sees its own sessions only, and no error. Azure SQL knows the right for a database. */
export const SEES_SESSIONS = `CASE WHEN SERVERPROPERTY('EngineEdition') = 5
  THEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE')
  ELSE HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') END`

/** Sessions by the number of whom they were opened as; how old they are, by the server's own clock. */
const sessionsOf = (context: Context, login: string): string => `SELECT ${SEES_SESSIONS} AS sees, s.session_id AS id,
  CONVERT(float, DATEDIFF_BIG(millisecond, s.login_time, SYSDATETIME())) AS age,
  CASE WHEN s.status = 'sleeping' AND s.open_transaction_count = 0 THEN 1 ELSE 0 END AS idle
FROM (SELECT 1 AS one) AS always LEFT JOIN sys.dm_exec_sessions AS s ON s.is_user_process = 1 AND s.session_id <> @@SPID
  AND s.original_security_id = ${
    context.contained === true
      ? `(SELECT p.sid FROM sys.database_principals AS p WHERE p.name = ${literal(login)})`
      : `SUSER_SID(${literal(login)})`
  }`

export const sessionCalls = (context: Context): Required<Pick<SettableTarget, 'sessions' | 'endSessions'>> => ({
  sessions: ({ username }, current, since, call) =>
    onEachServer(context, current, call, async session => {
      const rows = await seen(session, context, username)
      return rows.filter(({ age }) => openedAfter(context, age, since)).length
    }),
  endSessions: ({ username }, current, { only, before }, call) =>
    onEachServer(context, current, call, async session => {
      const rows = await seen(session, context, username)
      const chosen = rows.filter(
        ({ age, idle }) =>
          (only === undefined || idle === 1) && (before === undefined || !openedAfter(context, age, before)),
      )
      let ended = 0
      for (const { id } of chosen) if (await killed(session, Number(id))) ended++
      return ended
    }),
})

const openedAfter = ({ now }: Context, age: unknown, moment: Instant): boolean => now() - Number(age) > moment

async function seen(session: Session, context: Context, login: string): Promise<readonly Row[]> {
  const rows = await session.query(sessionsOf(context, login))
  if (rows[0]?.sees === 1) return rows.filter(({ id }) => id !== null)
  throw new RotationError('permission-missing', 'The sessions of the login are hidden from who asks.', {
    at: session.endpoint.name,
    next: 'Grant VIEW SERVER STATE (Azure SQL: VIEW DATABASE STATE) to the admin.',
  })
}

/** False: it had ended by itself. */
async function killed(session: Session, id: number): Promise<boolean> {
  try {
    await session.query(`KILL ${id}`)
    return true
  } catch (error) {
    if (error instanceof RotationError && error.foreign === '6106') return false
    throw error
  }
}

/** The sum over all servers, asked as the admin if there is one, else as current. */
async function onEachServer(
  context: Context,
  current: Credential,
  call: TargetCall,
  ask: (session: Session) => Promise<number>,
): Promise<number> {
  let sum = 0
  for (const endpoint of servers(context)) {
    const session = context.admin
      ? openAdminIn(endpoint.database, context, call, endpoint)
      : openSession(context, endpoint, current, call)
    sum += await using(session, ask)
  }
  return sum
}
