/**
 * The functions on Azure: `sweep` by a timer, `onNearExpiry` for events of the vault, `rotate` over HTTP, `worker` for the queue of
 * Azure Storage. What comes in is a reason to look; nothing that is thrown inside leaves them with its message.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import { parseItem } from '../core/fleet/work-item.ts'
import { attempt, type Done, rotateOne, sweepAll, undone, workOff } from '../core/functions/duty.ts'
import { FunctionLog } from '../core/functions/log.ts'
import { parseOrder } from '../core/functions/order.ts'
import { fieldOf, textOf } from '../core/functions/untrusted.ts'
import type { Workshop } from '../core/functions/workshop.ts'
import type { Clock, Duration } from '../core/ports/clock.ts'
import type { WorkQueue } from '../core/ports/work-queue.ts'
import type { Loggable } from '../core/secret/loggable.ts'
import { meantBy, parseVaultEvent, textOfItem } from './event.ts'
import type { AzureFunctionStore } from './function-store.ts'
import { type Context, toContext } from './log.ts'
import { verdict } from './near-expiry.ts'
import { HTTP_LIMIT } from './settings.ts'

export interface Surroundings {
  readonly workshop: () => Promise<Workshop>
  readonly clock: Clock
  /** A dimension of the metrics. */
  readonly environment: string
  /** Absent: what a sweep cannot finish, the next one finds. */
  readonly queue?: WorkQueue | undefined
  /** How long the platform lets one run last. */
  readonly timeout: Duration
}

/** What is used of the library's. */
export interface HttpRequest {
  text(): Promise<string>
}

export interface HttpAnswer {
  readonly status: number
  readonly jsonBody: { readonly [field: string]: Loggable }
}

export interface Functions {
  /** Throws where something failed that no queue has: the platform then shows the run as failed. */
  sweep(timer: unknown, context: Context): Promise<void>
  /** Throws so that the event is delivered again. */
  onNearExpiry(event: unknown, context: Context): Promise<void>
  rotate(request: HttpRequest, context: Context): Promise<HttpAnswer>
  /** Throws so that the message becomes visible again; after the platform's count it is poison. */
  worker(item: unknown, context: Context): Promise<void>
}

/** What the platform may show: the code, and where in the log the rest stands. */
export class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure'

  constructor({ code }: RotationError, { invocationId }: Context) {
    super(`${code} (request ${invocationId})`)
    // frames of our own bundle help nobody
    this.stack = this.message
  }
}

const AGENT = 'lockstep-azure'
const actor = (id: string) => ({ user_id: id, user_agent: AGENT })
/** No order is longer. */
const LONGEST_BODY = 4096

export function createFunctions(surroundings: Surroundings): Functions {
  const { workshop, clock, environment, queue, timeout } = surroundings
  const logOf = (context: Context) => new FunctionLog(toContext(context, clock), environment)

  return {
    async sweep(timer, context) {
      const log = logOf(context)
      const by = { log, limit: timeout, type: 'scheduled', actor: actor('timer') } as const
      if (fieldOf(timer, 'isPastDue') === true) await log.line('WARN', 'This sweep is late.')
      const done = await attempt(log, async () => sweepAll(await workshop(), queue, by))
      const error = done.ok ? undone(done.value) : done.error
      if (error) throw new FunctionFailure(error, context)
    },

    async onNearExpiry(event, context) {
      const log = logOf(context)
      orThrow(await attempt(log, () => onEvent(surroundings, event, log)), context)
    },

    async rotate(request, context) {
      const log = logOf(context)
      const limit = Math.min(timeout, HTTP_LIMIT)
      const requestId = context.invocationId
      const done = await attempt(log, async () => {
        const { secret, force, reason } = parseOrder(await bodyOf(request))
        const by = { log, limit, type: 'manual', actor: actor('http') } as const
        const outcome = await rotateOne(await workshop(), secret, by, {
          force,
          ...(reason !== undefined && { reason }),
        })
        return { secret, outcome, requestId }
      })
      if (done.ok) return { status: 200, jsonBody: done.value }
      const { code, retry } = done.error
      return { status: statusOf(done.error), jsonBody: { code, retry, requestId } }
    },

    async worker(item, context) {
      const log = logOf(context)
      const done = await attempt(log, async () => {
        const understoodItem = await understood(log, () => parseItem(textOfItem(item)))
        if (!understoodItem) return
        const shop = await workshop()
        if (!shop.config.secrets.has(understoodItem.secret))
          return log.line('WARN', 'Ignored: the secret of the item is not configured.')
        const by = { log, limit: timeout, type: 'scheduled', actor: actor('queue') } as const
        await workOff(shop, understoodItem, by)
      })
      orThrow(done, context)
    },
  }
}

function orThrow(done: Done<unknown>, context: Context): void {
  if (!done.ok) throw new FunctionFailure(done.error, context)
}

async function onEvent({ workshop, clock, timeout }: Surroundings, event: unknown, log: FunctionLog): Promise<void> {
  const seen = await understood(log, () => parseVaultEvent(event))
  if (!seen) return
  if (seen.do === 'ignore') return log.line('INFO', `Ignored: ${seen.why}`)
  const shop = await workshop()
  const meant = meantBy(shop, seen)
  if (meant.length === 0) return log.line('WARN', 'Ignored: the secret of the event is not configured.')
  const eventId = textOf(event, 'id')
  const token = eventId !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(eventId) ? `eventgrid:${eventId}` : undefined
  const by = { log, limit: timeout, type: 'event', actor: actor('eventgrid.azure.net'), token } as const
  for (const { secret, store: name, id } of meant) {
    // what is meant is in a vault
    const store = (await shop.store(name)) as AzureFunctionStore
    const call = { signal: new AbortController().signal, deadline: clock.now() + timeout, run: {} }
    const found = verdict(await store.newest(id, call), seen.version, clock.now())
    if ('ignore' in found) await log.line('INFO', `Ignored: ${found.ignore}`, { secret })
    else await rotateOne(shop, secret, by, { version: found.rotate })
  }
}

/** What cannot be understood will not be at the next delivery either: it is on record, and not delivered again. */
async function understood<T>(log: FunctionLog, parse: () => T): Promise<T | undefined> {
  try {
    return parse()
  } catch (error) {
    if (!isRotationError(error, 'refused')) throw error
    await log.failure(error)
    return undefined
  }
}

async function bodyOf(request: HttpRequest): Promise<unknown> {
  const text = await request.text()
  try {
    if (text.length <= LONGEST_BODY) return JSON.parse(text)
  } catch {}
  throw new RotationError('refused', 'The body is no short JSON.', {
    next: 'Send JSON such as {"secret":"orders-db"}.',
  })
}

const statusOf = ({ code, retry }: RotationError): number => {
  if (code === 'refused') return 400
  if (code === 'usage' || code === 'secret-not-found') return 404
  return retry === 'no' ? 500 : 503
}
