/**
 * A login at RDS by IAM: a request that is signed and never sent, which the server checks.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
 * @module
 */

import { regionOfRds } from '../core/config/profiles.ts'
import { RotationError } from '../core/errors.ts'
import type { FetchToken } from '../core/ports/admin-token.ts'
import type { Clock } from '../core/ports/clock.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { type Caller, callerOf } from './hooks-call.ts'
import { presigned } from './sigv4.ts'

/** Seconds. Only the login has to fall into them. */
const LIFETIME = 900

/** Made here, without a call to RDS: that the role may not log in (rds-db:connect), the server says. */
export const rdsIam =
  (clock: Pick<Clock, 'now'>, caller: (region: string) => Promise<Caller> = callerOf): FetchToken =>
  async ({ user, host, port, region = regionOfRds(host) }) => {
    if (region === undefined)
      throw new RotationError('config-invalid', 'The host names no region; say `region:` of the admin.', { at: host })
    const identity = await (await caller(region)).identity()
    const scope = { service: 'rds-db', region, at: new Date(clock.now()) }
    const place = `${host.toLowerCase()}:${port}`
    return SecretValue.of(presigned(place, { Action: 'connect', DBUser: user }, LIFETIME, identity, scope))
  }
