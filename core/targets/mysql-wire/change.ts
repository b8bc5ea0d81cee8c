/**
 * The frame of every change: limits that the server keeps, and one change of a login at a time.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import type { WireContext } from './options.ts'
import { quotingMode, text } from './quote.ts'
import type { Session } from './session.ts'

/** What must be left of the time when the server has answered at the latest. */
const MARGIN = 250

/**
 * Prepares a session for one change of `login` that the server makes before the deadline or not at all, and holds the lock of the
 * login until the session closes. The server waits for the change itself no longer than `wait_timeout`: one that the network
 * delivers late finds its session ended. Whole seconds, so it needs four. Less: `no-time`. Somebody else holds the lock: `target-busy`.
 */
export async function beginChange(
  session: Session,
  login: string,
  context: WireContext,
  call: TargetCall,
): Promise<void> {
  const at = session.endpoint.name
  const each = Math.floor(statementTimeout(call, context.now(), MARGIN) / 3000)
  if (each < 1) throw new RotationError('no-time', 'No time is left to make the change at the server.', { at })
  const limits = ['wait_timeout', 'net_read_timeout', 'lock_wait_timeout', 'innodb_lock_wait_timeout']
  await session.query(`SET SESSION ${quotingMode}, ${limits.map(name => `${name} = ${each}`).join(', ')}`)
  const [row] = await session.query(`SELECT GET_LOCK(${text(lockName(login))}, ${each}) AS locked`)
  if (row?.locked !== 1)
    throw new RotationError('target-busy', 'Another change of the same login is under way.', { at })
}

/** 64 characters are the most that the server takes. */
const lockName = (login: string): string => `lockstep:${Buffer.from(login).toString('base64url').slice(0, 54)}`
