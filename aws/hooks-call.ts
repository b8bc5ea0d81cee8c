/**
 * Calls of hooks to services of AWS: plain requests, signed with the credentials that the SDK finds.
 * @module
 */

import { RotationError } from '../core/errors.ts'
import { type Answer, type Asked, send } from '../core/hooks/http.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { HookCall } from '../core/ports/promotion-hook.ts'
import { createClient } from './client.ts'
import { mapError } from './errors.ts'
import { type Identity, signed } from './sigv4.ts'

/** Who calls, and where. */
export interface Caller {
  identity(): Promise<Identity>
  region(): Promise<string>
}

/** As the SDK finds them. The SDK missing: `driver-missing`. No credentials: `access-denied`. No region: `config-invalid`. */
export async function callerOf(region: string | undefined): Promise<Caller> {
  const { config } = await createClient({ region })
  return {
    identity: () =>
      config.credentials().catch(error => {
        throw mapError(error, { operation: 'GetCredentials', writes: false })
      }),
    region: async () =>
      region ??
      (await config.region().catch(() => {
        throw new RotationError('config-invalid', 'No region of AWS is set; say `region:` in lockstep.yml.')
      })),
  }
}

export interface AwsRequest {
  readonly service: 'ecs' | 'lambda'
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Its segments are encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request. Its failures: as `send` has them. */
export type CallAws = (request: AwsRequest, asked: Asked, call: HookCall) => Promise<Answer>

/** `endpoint`: instead of the service's own address. */
export const awsCalls =
  (caller: Caller, clock: Pick<Clock, 'now'>, endpoint?: string): CallAws =>
  async ({ service, method, path, headers = {}, body = '' }, asked, call) => {
    const [region, identity] = [await caller.region(), await caller.identity()]
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
    const base = endpoint ?? `https://${service}.${region}.${suffix}`
    const { host } = new URL(base)
    const scope = { service, region, at: new Date(clock.now()) }
    const sent = signed({ method, host, path, headers, body }, identity, scope)
    return send({ method, url: `${base}${path}`, headers: sent, ...(body !== '' && { body }) }, asked, call, clock)
  }
