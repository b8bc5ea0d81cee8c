/**
 * What every function of a fleet has around its work: configuration, log, the end of its time, and failures that say nothing of
 * values.
 * @module
 */
import type { Config } from '../core/config/types.ts'
import type { Fleet } from '../core/fleet/fleet.ts'
import { within } from '../core/functions/within.ts'
import type { Workshop } from '../core/functions/workshop.ts'
import type { Clock, Instant } from '../core/ports/clock.ts'
import type { RotationRequest } from '../core/rotation/setup.ts'
import type { Loggable } from '../core/secret/loggable.ts'
import type { Environment } from './drop-in/variables.ts'
import { failureFields, lambdaFailure } from './failure.ts'
import { type Beyond, fleetOn, type OpenStore } from './fleet.ts'
import { type FunctionSettings, readFunctionSettings } from './function-settings.ts'
import { type Fields, Log, type WriteLine } from './log.ts'
import { measured } from './measured.ts'

/** What is used of Lambda's. */
export interface LambdaContext {
  readonly awsRequestId: string
  readonly invokedFunctionArn?: string
  getRemainingTimeInMillis(): number
}

export interface Surroundings {
  readonly env: Environment
  readonly clock: Clock
  readonly write: WriteLine
  /** The folder of the bundle. */
  readonly folder: string
  /** Default: stores of Secrets Manager, by the SDK's client. */
  readonly open?: OpenStore
  /** What the bundle reaches besides. Default: the own cloud alone. */
  readonly beyond?: Beyond
  /** Default: `folder`'s lockstep.yml, or the file that the environment names. */
  readonly config?: () => Promise<Config>
}

/** One invocation. */
export interface Shift {
  readonly fleet: Fleet
  readonly log: Log
  readonly signal: AbortSignal
  readonly settings: FunctionSettings
  readonly env: Environment
  readonly context: LambdaContext
  request(type: RotationRequest['type'], asker: string): RotationRequest
}

export type Handler<Answer> = (event: unknown, context: LambdaContext) => Promise<Answer>

interface Duty<Event, Answer> {
  readonly name: string
  /** Before anything is read or asked. Anything that it does not understand: `refused`. */
  parse(event: unknown): Event
  work(event: Event, shift: Shift): Promise<Answer>
}

/** Answers, or throws an error of our own words only: what throws, Lambda or the queue delivers again. */
export function asFunction<Event, Answer extends Loggable>(
  surroundings: Surroundings,
  { name, parse, work }: Duty<Event, Answer>,
): Handler<Answer> {
  const { env, clock, write } = surroundings
  const warmed = warm(surroundings)
  return async (event, context) => {
    const began = clock.now()
    const had = context.getRemainingTimeInMillis()
    const log = new Log(write, clock, { requestId: context.awsRequestId })
    try {
      const parsed = parse(event)
      const settings = readFunctionSettings(env)
      const workshop = await warmed()
      const answer = await within(context.getRemainingTimeInMillis(), clock, ({ signal, deadline }) => {
        const audit = measured(log, clock, env.LOCKSTEP_ENVIRONMENT || 'default')
        const shift = { fleet: workshop.fleet(audit), request: requests(deadline) }
        return work(parsed, { ...shift, log, signal, settings, env, context })
      })
      await quietly(log.line('INFO', `${name}: done`, { answer, durationMs: clock.now() - began }))
      return answer
    } catch (thrown) {
      const { error, cause, next } = lambdaFailure(thrown, had)
      const fields: Fields = { durationMs: clock.now() - began, ...failureFields(cause, next) }
      await quietly(log.line('ERROR', cause.message, fields))
      throw error
    }
  }
}

/** Read once; what failed is tried again by the next invocation. The schema of the configuration takes long to load: not at the start. */
function warm({ env, clock, config, folder, open, beyond }: Surroundings) {
  const read = async (): Promise<Workshop> => {
    const { memberOf, readConfig } = await import('../core/functions/configuration.ts')
    const found = config ? await config() : await readConfig('aws', folder, env, beyond ? 'every' : 'own')
    return fleetOn(found, { clock, member: memberOf(env), open, beyond })
  }
  let reading: Promise<Workshop> | undefined
  return () => {
    reading ??= read()
    reading.catch(() => {
      reading = undefined
    })
    return reading
  }
}

const requests =
  (deadline: Instant) =>
  (type: RotationRequest['type'], asker: string): RotationRequest => {
    return { type, actor: { user_id: asker, user_agent: 'lockstep-lambda' }, deadline }
  }

/** That it cannot be written must neither undo what was done nor hide why it was not. */
export const quietly = (writing: Promise<void>): Promise<void> => writing.catch(() => {})
