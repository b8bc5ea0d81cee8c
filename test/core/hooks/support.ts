/**
 * A promotion to hand to hooks, and the time that a call of one has.
 * @module
 */
import { systemClock } from '../../../core/ports/clock.ts'
import type { HookCall, Promotion } from '../../../core/ports/promotion-hook.ts'
import type { VersionId } from '../../../core/ports/secret-store.ts'

export const versioned = (version: string, more: Partial<Promotion> = {}): Promotion => ({
  secret: 'orders-db',
  id: 'prod/orders-db',
  consumer: 'orders',
  version: version as VersionId,
  ...more,
})

export const within = (ms: number, signal = new AbortController().signal): HookCall => ({
  signal,
  deadline: systemClock.now() + ms,
})
