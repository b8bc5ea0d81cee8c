/**
 * Ending a login's password, and proof that it is refused everywhere.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { requireEnded, using } from '../common/logins.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import type { Context } from './options.ts'
import { literal } from './quote.ts'
import type { Session } from './session.ts'

/**
 * Takes the password away, waits until every reader has replayed that, then tries `previous` once per endpoint. LOGIN stays: the
 * next rotation gives the login a new password, and a NOLOGIN role answers a right password differently from a wrong one.
 */
export async function endLogin(
  context: Context,
  previous: Credential,
  current: Credential,
  call: TargetCall,
): Promise<void> {
  await withCurrent(context, current, call, async (_, sessions) => {
    const position = await using(openAdmin(context, call), async admin => {
      await changePassword(admin, { login: previous.username, stored: null, by: 'admin' }, context, call)
      return writePosition(admin)
    })
    const readers = sessions.filter(({ endpoint }) => endpoint.role === 'reader')
    if (position !== undefined) await Promise.all(readers.map(reader => replayed(reader, position, call, context)))
  })
  requireEnded(await acceptedBy(context, previous, call))
}

/** Where the log of changes stands; undefined where the server has no such thing to wait for (Aurora shares its storage). */
async function writePosition(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.query('SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS position')
    return (row?.position as string | null) ?? undefined
  } catch (error) {
    if (error instanceof RotationError && error.code === 'unsupported') return undefined
    throw error
  }
}

const POLL = 25
/** What the login that verifies the refusal needs. */
const RESERVE = 500

/** Waits until a standby shows what the writer had at `position`. A reader that is no standby has nothing to replay. */
async function replayed(reader: Session, position: string, call: TargetCall, context: Context): Promise<void> {
  const behind = `SELECT pg_catalog.pg_is_in_recovery()
    AND pg_catalog.pg_last_wal_replay_lsn() < ${literal(position)}::pg_lsn AS behind`
  for (;;) {
    const [row] = await reader.query(behind)
    if (row?.behind !== true) return
    if (context.now() + POLL + RESERVE >= call.deadline)
      throw new RotationError('target-busy', 'The reader has not yet replayed the end of the previous credential.', {
        at: reader.endpoint.name,
      })
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}
