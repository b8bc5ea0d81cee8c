/**
 * Telling a new password to the servers that log in with it: before the old one ends, or their next reconnection fails.
 * @module
 */

import { isRotationError, RotationError } from '../../errors.ts'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { withEverywhere } from '../common/logins.ts'
import { onEach, requireTime } from './change-password.ts'
import { openAdmin, openSession } from './connect.ts'
import { type Context, type Endpoint, sentinelsOf } from './options.ts'
import { saveSettings } from './save.ts'
import { type Session, together } from './session.ts'
import { setAuthPass, setSetting } from './settings.ts'

/** Every node and every Sentinel, where the configuration says that they log in with this login. Repeat: harmless. */
export async function tellServers(
  context: Context,
  nodes: readonly Session[],
  credential: Credential,
  call: TargetCall,
): Promise<void> {
  requireTime(context, call)
  if (context.replication === true)
    await onEach(nodes, node => together(setSetting(node, 'masterauth', credential), saveSettings(node, context)))
  await tellSentinels(context, credential, call)
}

/**
 * Where the password itself stands in a file of a server, some break it: Sentinels of Redis 7.0 and `CONFIG REWRITE` of Valkey 8.1
 * escape nothing, and do not start again from what they have written. Refused before anything is changed: `value-rejected`.
 */
export function requireTellable(context: Context, { username, password }: Credential): void {
  const { sentinels = [], replication, strategy } = context
  const inFile = sentinels.length > 0 || replication === true || (strategy === 'single-user' && username === 'default')
  if (!inFile || /^[!$-&(-[\]-~]+$/.test(password.reveal())) return
  throw new RotationError(
    'value-rejected',
    'Not every server can keep this password in its file: it has spaces, quotes, #, a backslash or characters beyond ASCII.',
  )
}

export async function tellSentinels(context: Context, credential: Credential, call: TargetCall): Promise<void> {
  const { masterName = '' } = context
  await withSentinels(context, call, sentinels =>
    onEach(sentinels, sentinel => setAuthPass(sentinel, masterName, credential)),
  )
}

export const withSentinels = <T>(
  context: Context,
  call: TargetCall,
  work: (sentinels: readonly Session[]) => Promise<T>,
): Promise<T> => withEverywhere(sentinelsOf(context), sentinel => openSentinel(context, sentinel, call), work)

/** Most Sentinels let anybody in; one that does not is logged in to as the admin. */
async function openSentinel(context: Context, sentinel: Endpoint, call: TargetCall): Promise<Session> {
  const session = await openSession(context, sentinel, undefined, call)
  try {
    await session.ask(['SENTINEL', 'MYID'])
    return session
  } catch (error) {
    session.close()
    if (!isRotationError(error, 'permission-missing')) throw error
    return openAdmin(context, call, sentinel)
  }
}
