/**
 * The functions on Google Cloud: `rotate` and `sweep` over HTTP, `worker` for what Pub/Sub pushes, `onSecretEvent` for notifications of
 * Secret Manager. What comes in is a reason to look; nothing that is thrown inside leaves them with its message.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { isRotationError, RotationError } from '../core/errors.ts'
import { parseItem } from '../core/fleet/work-item.ts'
import { attempt, type Invoked, rotateOne, sweepAll, undone, workOff } from '../core/functions/duty.ts'
import { FunctionLog } from '../core/functions/log.ts'
import { parseOrder } from '../core/functions/order.ts'
import { fieldOf } from '../core/functions/untrusted.ts'
import type { Workshop } from '../core/functions/workshop.ts'
import type { Clock, Duration } from '../core/ports/clock.ts'
import type { WorkQueue } from '../core/ports/work-queue.ts'
import {
  type Candidate,
  candidates,
  isNumber,
  parseSecretEvent,
  projectIn,
  type SecretEvent,
  textOfPush,
} from './event.ts'
import type { GcpFunctionStore } from './function-store.ts'
import { answerFailure, EventFailure, type Request, type Response } from './http.ts'
import { toCloudLogging, traceOf, type Write } from './log.ts'

export interface Surroundings {
  readonly workshop: () => Promise<Workshop>
  readonly clock: Clock
  readonly write: Write
  /** A dimension of the metrics. */
  readonly environment: string
  /** Absent: what a sweep cannot finish, the next one finds. */
  readonly queue?: WorkQueue | undefined
  /** How long the platform lets one request last. */
  readonly timeout: Duration
  /** For the names of traces. */
  readonly project: () => string | undefined
}

/** A clock may be a little behind that of Secret Manager. */
const AHEAD: Duration = 10 * 60_000
const AGENT = 'lockstep-gcp'

export interface Functions {
  rotate(request: Request, response: Response): Promise<void>
  sweep(request: Request, response: Response): Promise<void>
  worker(request: Request, response: Response): Promise<void>
  onSecretEvent(event: unknown): Promise<void>
}

export function createFunctions(surroundings: Surroundings): Functions {
  const { workshop, queue } = surroundings
  return {
    rotate: (request, response) =>
      overHttp('rotate', surroundings, request, response, async (by, requestId) => {
        const { secret, force, reason } = parseOrder(request.body)
        const outcome = await rotateOne(await workshop(), secret, by, {
          force,
          ...(reason !== undefined && { reason }),
        })
        response.status(200).json({ secret, outcome, requestId })
      }),

    sweep: (request, response) =>
      overHttp('sweep', surroundings, request, response, async (by, requestId) => {
        const result = await sweepAll(await workshop(), queue, by)
        const { secrets, looked, outcomes, failed, handedOver, left } = result
        const counts = { secrets, looked, outcomes, failed: failed.length, handedOver, left, requestId }
        response.status(undone(result) ? 500 : 200).json(counts)
      }),

    worker: (request, response) =>
      overHttp('worker', surroundings, request, response, async by => {
        const item = await understood(by.log, () => parseItem(textOfPush(request.body)))
        const shop = await workshop()
        const known = item && (await configured(by.log, shop, item.secret))
        if (item && known) await workOff(shop, item, by)
        response.status(204).end()
      }),

    async onSecretEvent(event) {
      const requestId = randomUUID()
      const log = logOf(surroundings, 'onSecretEvent', requestId, () => fieldOf(event, 'traceparent'))
      const done = await attempt(log, async () => {
        const understoodEvent = await understood(log, () => parseSecretEvent(event))
        if (understoodEvent) await onEvent(surroundings, understoodEvent, log)
      })
      if (!done.ok) throw new EventFailure(done.error, requestId)
    },
  }
}

async function onEvent(
  { workshop, clock, timeout }: Surroundings,
  event: SecretEvent,
  log: FunctionLog,
): Promise<void> {
  if (event.do === 'ignore') return log.line('INFO', `Ignored: ${event.why}`)
  const { secret: named, at, messageId } = event
  if (at > clock.now() + AHEAD) return log.line('ERROR', 'Ignored: the time of the notification has not come.')
  const actor = { user_id: 'secretmanager.googleapis.com', user_agent: AGENT }
  const token = messageId === undefined ? undefined : `pubsub:${messageId}`
  const shop = await workshop()
  let mine = 0
  for (const candidate of candidates(shop, named)) {
    if (!(await sameProject(shop, candidate, named.project, clock.now() + timeout))) continue
    mine++
    await rotateOne(shop, candidate.secret, { log, limit: timeout, type: 'event', actor, token }, { since: at })
  }
  if (mine === 0) await log.line('WARN', 'Ignored: the secret of the notification is not configured.')
}

async function sameProject(
  workshop: Workshop,
  { store, id, sameProject: known }: Candidate,
  project: string,
  deadline: number,
): Promise<boolean> {
  if (known !== 'unknown') return known
  // candidates are in stores of this cloud only
  const opened = (await workshop.store(store)) as GcpFunctionStore
  const call = { signal: new AbortController().signal, deadline, run: {} }
  const numberOf = async (inProject?: string) => projectIn((await opened.fullName(id, call, inProject)) ?? '')
  const own = await numberOf()
  return own !== undefined && own === (isNumber(project) ? project : await numberOf(project).catch(unseen))
}

/** A secret of another project, which is none of ours to look at. */
function unseen(error: unknown): undefined {
  if (!isRotationError(error, 'access-denied')) throw error
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

/** Removed from the configuration, perhaps, since it was sent. */
async function configured(log: FunctionLog, { config }: Workshop, secret: string): Promise<boolean> {
  if (config.secrets.has(secret)) return true
  await log.line('WARN', 'Ignored: the secret of the item is not configured.')
  return false
}

type Work = (by: Invoked, requestId: string) => Promise<void>

async function overHttp(
  name: 'rotate' | 'sweep' | 'worker',
  surroundings: Surroundings,
  request: Request,
  response: Response,
  work: Work,
): Promise<void> {
  const requestId = requestIdOf(request)
  const log = logOf(surroundings, name, requestId, header => request.get(header))
  const done = await attempt(log, async () => {
    if (request.method !== 'POST') throw new RotationError('refused', 'Only POST does anything.', { at: 'method' })
    await work({ log, limit: surroundings.timeout, ...triggerOf(name, request) }, requestId)
  })
  if (!done.ok) answerFailure(response, done.error, requestId)
}

const ID = /^[A-Za-z0-9_-]{1,64}$/

function requestIdOf(request: Request): string {
  const given = request.get('function-execution-id')
  return given !== undefined && ID.test(given) ? given : randomUUID()
}

const JOB = /^[A-Za-z0-9_-]{1,500}$/
const TIME = /^[0-9TZ:.+-]{10,40}$/

/** A schedule delivers again with the same time: that is the key by which a second delivery is known. */
function triggerOf(name: string, request: Request): Pick<Invoked, 'type' | 'actor' | 'token'> {
  if (name === 'worker') return { type: 'scheduled', actor: { user_id: 'pubsub', user_agent: AGENT } }
  if (request.get('x-cloudscheduler') !== 'true')
    return { type: name === 'sweep' ? 'scheduled' : 'manual', actor: { user_id: 'http', user_agent: AGENT } }
  const [job, time] = [
    request.get('x-cloudscheduler-jobname') ?? '',
    request.get('x-cloudscheduler-scheduletime') ?? '',
  ]
  const actor = { user_id: 'cloudscheduler.googleapis.com', user_agent: AGENT }
  const token = JOB.test(job) && TIME.test(time) ? `scheduler:${job}:${time}` : undefined
  return { type: 'scheduled', actor, token }
}

function logOf(
  { write, clock, project, environment }: Surroundings,
  name: string,
  requestId: string,
  header: (name: string) => unknown,
): FunctionLog {
  const context = { requestId, function: name, trace: traceOf(header, project()) }
  return new FunctionLog(toCloudLogging(write, clock, context), environment)
}
