/**
 * Who is still logged in: `pg_stat_activity`, on the writer and every reader; behind a pooler the same sessions are seen there.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { openAdmin, openSession } from './connect.ts'
import { type Context, servers } from './options.ts'
import type { Session } from './session.ts'

/** Rows of the login's own sessions; `$1` is the login. Without the right to see them, everything but the name is null. */
const SESSIONS = `FROM pg_catalog.pg_stat_activity
  WHERE usename = $1 AND pid <> pg_catalog.pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'`

export const sessionCalls = (context: Context): Required<Pick<SettableTarget, 'sessions' | 'endSessions'>> => ({
  sessions: ({ username }, current, since, call) =>
    onEachServer(context, current, call, s => countSince(s, username, since)),
  endSessions: ({ username }, current, which, call) =>
    onEachServer(context, current, call, session => endMatching(session, username, which)),
})

async function countSince(session: Session, login: string, since: Instant): Promise<number> {
  const [row] = await session.query(
    `SELECT count(*) FILTER (WHERE backend_start IS NULL)::int AS hidden,
       count(*) FILTER (WHERE backend_start > pg_catalog.to_timestamp($2::float8 / 1000))::int AS opened ${SESSIONS}`,
    [login, since],
  )
  const { hidden, opened } = row as { hidden: number; opened: number }
  if (hidden === 0) return opened
  throw new RotationError('permission-missing', 'The sessions of the login are hidden from who asks.', {
    at: session.endpoint.name,
    next: 'Grant pg_read_all_stats to the admin (or, without one, to both users).',
  })
}

async function endMatching(
  session: Session,
  login: string,
  { only, before }: { readonly only?: 'idle'; readonly before?: Instant },
): Promise<number> {
  const [row] = await session.query(
    `SELECT count(*) FILTER (WHERE pg_catalog.pg_terminate_backend(pid))::int AS ended ${SESSIONS}
       AND ($2::text IS NULL OR state = $2)
       AND ($3::float8 IS NULL OR backend_start < pg_catalog.to_timestamp($3::float8 / 1000))`,
    [login, only ?? null, before ?? null],
  )
  return (row as { ended: number }).ended
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
    const session = context.admin ? openAdmin(context, call, endpoint) : openSession(context, endpoint, current, call)
    sum += await using(session, ask)
  }
  return sum
}
