/**
 * Ending a login's password, and proof that it is refused everywhere.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { SecretValue } from '../../secret/secret-value.ts'
import { requireEnded, using } from '../common/logins.ts'
import { changePassword } from './change-password.ts'
import { openAdmin } from './connect.ts'
import { acceptedBy, withCurrent } from './logins.ts'
import { type Context, changedServers } from './options.ts'

/**
 * Sets a password that nobody knows, then tries `previous` once per endpoint. Not DISABLE: a disabled login answers a right
 * password differently from a wrong one, and whoever disabled a login on purpose would find it enabled by the next rotation.
 */
export async function endLogin(
  context: Context,
  previous: Credential,
  current: Credential,
  call: TargetCall,
): Promise<void> {
  await withCurrent(context, current, call, async () => {
    for (const endpoint of changedServers(context)) {
      const change = { login: previous.username, password: unknowable(), use: false }
      // no such login: dropped meanwhile
      await using(openAdmin(context, call, endpoint), admin => changePassword(admin, change, context, call))
    }
  })
  requireEnded(await acceptedBy(context, previous, call))
}

/** Of all kinds of characters that a policy may ask for. */
const unknowable = (): SecretValue => SecretValue.of(`aA1!${randomBytes(48).toString('base64url')}`)
