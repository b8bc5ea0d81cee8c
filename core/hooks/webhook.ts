/**
 * A signed request: who receives it knows that it is ours, that it is fresh, and for which version it is.
 *
 * `lockstep-signature: v1=HEX`, the HMAC-SHA256 of `TIMESTAMP.BODY` under the shared key; `lockstep-timestamp: TIMESTAMP`, in
 * seconds; `idempotency-key`, the same for every delivery of one version to one consumer. The body holds names, never a value.
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../ports/promotion-hook.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { send } from './http.ts'
import { markOf } from './mark.ts'

export interface WebhookOptions {
  readonly url: string
  /** Fetched for each delivery: it may be rotated too. */
  readonly key: () => Promise<SecretValue>
}

/** Accepted, but not done yet. */
const ACCEPTED = 202

/** 2xx: done. 202: under way; asked again later, with the same key. No answer, 429, 5xx: `target-unreachable`. */
export const webhook = ({ url, key }: WebhookOptions, clock: Pick<Clock, 'now'>): PromotionHook => ({
  // The receiver is told what it needs to find out.
  asks: true,
  async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
    const { secret, id, version, consumer } = promotion
    const body = JSON.stringify({ schema: 1, event: 'secret_promoted', secret, id, version, consumer })
    const timestamp = String(Math.floor(clock.now() / 1000))
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'lockstep',
      'idempotency-key': `${markOf(promotion)}-${version}`,
      'lockstep-timestamp': timestamp,
      'lockstep-signature': `v1=${signature(await key(), timestamp, body)}`,
    }
    const asked = { service: 'The webhook', operation: 'the delivery', at: new URL(url).host }
    const { status } = await send({ method: 'POST', url, headers, body }, asked, call, clock)
    return status === ACCEPTED ? 'under-way' : 'done'
  },
})

const signature = (key: SecretValue, timestamp: string, body: string): string =>
  createHmac('sha256', key.reveal()).update(`${timestamp}.${body}`).digest('hex')
