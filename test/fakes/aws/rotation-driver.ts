/**
 * Secrets Manager's own side of a rotation: it labels an empty pending version, invokes the function for each step, and
 * attempts the whole again with the same token when one fails.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 *
 * How often and after how long AWS attempts again, what it takes for success, and what a test-only rotation's version holds
 * is not documented: here these are options.
 * @module
 */
import { deliver } from './rotation-delivery.ts'
import type { RotationStart, SecretsManagerCore } from './secrets-manager.ts'

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type Step = (typeof STEPS)[number]

/** What the function is invoked with. */
export interface RotationEvent {
  readonly Step: string
  /** Always the ARN. */
  readonly SecretId: string
  readonly ClientRequestToken: string
  readonly RotationToken: string
}

export type StepAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string }

/** A built bundle (`event => lambda.invoke(event)`) or a handler in this process (`inProcess(handler)`). */
export type Invoke = (event: RotationEvent) => Promise<StepAnswer>

export interface RotationOptions {
  /** Made up by the service otherwise. The token of an earlier rotation takes that one up again. */
  readonly token?: string
  /** How often the whole is attempted, the first time included. Default 3. */
  readonly attempts?: number
  /** Before attempt 2, 3, … Default: no time passes. */
  readonly pause?: (attempt: number) => void | Promise<void>
  /** Before every step but the first of an attempt: to let time pass, or to do mischief. */
  readonly betweenSteps?: (next: { readonly step: Step; readonly attempt: number }) => void | Promise<void>
  /** The User Guide writes create_secret; createSecret is what is sent. */
  readonly spelling?: 'createSecret' | 'create_secret'
  /** Each step a second time after its answer, or two at once: Lambda delivers at least once. */
  readonly delivery?: 'once' | 'twice' | 'two at once'
  /** The steps of an attempt, where they are not the four in their order. */
  readonly steps?: (attempt: number) => readonly Step[]
  /** After success AWSPENDING may stay on what is then current, or be on no version: both are documented. */
  readonly pendingAfter?: 'stays' | 'removed'
  /** RotateImmediately=false: only testSecret runs, on a version that is then removed; whether it has a value is not said. */
  readonly testOnly?: 'empty' | 'copy of current'
}

export type Outcome =
  | 'succeeded'
  /** The last attempt failed; the rotation is still in progress for the service. */
  | 'failed'
  /** A version came into being that is not the rotation's: the service gave up and took AWSPENDING off. */
  | 'abandoned'
  /** CancelRotateSecret: no further step is run, AWSPENDING stays where it is. */
  | 'cancelled'
  /** AWSPENDING is on another version than this rotation's and than current: nothing was run. */
  | 'refused'

export interface StepCall {
  readonly attempt: number
  readonly event: RotationEvent
  readonly answer: StepAnswer
}

export interface DrivenRotation {
  readonly outcome: Outcome
  readonly token: string
  readonly attempts: number
  readonly calls: readonly StepCall[]
  /** Of the last call that failed. */
  readonly failure: Extract<StepAnswer, { ok: false }> | undefined
}

/** Drives one rotation to its end. Rejects only if an option or the fake itself throws. */
export async function driveRotation(
  fake: SecretsManagerCore,
  secretId: string,
  invoke: Invoke,
  options: RotationOptions = {},
): Promise<DrivenRotation> {
  const test = options.testOnly !== undefined
  let start: RotationStart
  try {
    start = fake.service.beginRotation(secretId, options.token, { test })
  } catch (error) {
    return refused(options.token ?? '', 0, [], error)
  }
  return driveStarted(fake, start, invoke, options)
}

/** The same for a rotation that the service has begun, by RotateSecret for example. */
export async function driveStarted(
  fake: SecretsManagerCore,
  start: RotationStart,
  invoke: Invoke,
  options: RotationOptions = {},
): Promise<DrivenRotation> {
  const { service } = fake
  const { arn, token, test } = start
  const calls: StepCall[] = []
  for (let attempt = 1; ; attempt++) {
    const run = { fake, start, invoke, options, attempt, calls }
    const outcome = await runAttempt(run)
    if (outcome === 'succeeded' || outcome === 'failed')
      service.endRotation(arn, token, outcome, { cleanPending: options.pendingAfter === 'removed' })
    const failure = calls.map(({ answer }) => answer).findLast(answer => !answer.ok)
    if (outcome !== 'failed' || attempt >= (options.attempts ?? 3))
      return { outcome, token, attempts: attempt, calls, failure }
    await options.pause?.(attempt + 1)
    const stopped = stoppedBy(fake, start)
    if (stopped) return { outcome: stopped, token, attempts: attempt, calls, failure }
    try {
      service.beginRotation(arn, token, { test })
    } catch (error) {
      return refused(token, attempt, calls, error)
    }
  }
}

interface Attempt {
  readonly fake: SecretsManagerCore
  readonly start: RotationStart
  readonly invoke: Invoke
  readonly options: RotationOptions
  readonly attempt: number
  readonly calls: StepCall[]
}

async function runAttempt({ fake, start, invoke, options, attempt, calls }: Attempt): Promise<Outcome> {
  const steps = options.steps?.(attempt) ?? (start.test ? (['testSecret'] as const) : STEPS)
  if (start.test && options.testOnly === 'copy of current') await fillWithCurrent(fake, start)
  for (const [index, step] of steps.entries()) {
    if (index > 0) await options.betweenSteps?.({ step, attempt })
    const stopped = stoppedBy(fake, start)
    if (stopped) return stopped
    const delivered = await deliver(start, step, invoke, options)
    calls.push(...delivered.map(call => ({ attempt, ...call })))
    if (delivered.some(({ answer }) => !answer.ok)) return stoppedBy(fake, start) ?? 'failed'
  }
  return stoppedBy(fake, start) ?? 'succeeded'
}

function stoppedBy(
  { service }: SecretsManagerCore,
  { arn, token }: RotationStart,
): 'abandoned' | 'cancelled' | undefined {
  if (service.isAbandoned(token)) return 'abandoned'
  return service.peek(arn).rotationEnabled ? undefined : 'cancelled'
}

function refused(token: string, attempts: number, calls: readonly StepCall[], error: unknown): DrivenRotation {
  const { code, message } = error as { code?: string; message: string }
  if (code === undefined) throw error
  return { outcome: 'refused', token, attempts, calls, failure: { ok: false, errorType: code, errorMessage: message } }
}

// One call more at the fake, under a key of its own: the service has no other way to give the version a value. When the
// test is over it has no label any more, as a version of a real secret that may be deleted.
async function fillWithCurrent({ handle, service }: SecretsManagerCore, start: RotationStart): Promise<void> {
  const { arn, token, rotationToken, region } = start
  const current = [...service.peek(arn).versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
  const body = JSON.stringify({
    SecretId: arn,
    ClientRequestToken: token,
    RotationToken: rotationToken,
    SecretString: current?.value,
    VersionStages: ['AWSPENDING'],
  })
  const answer = await handle({ target: 'secretsmanager.PutSecretValue', body, accessKeyId: 'the service', region })
  if (answer.status !== 200) throw new Error(`the test version took no value: ${answer.body}`)
}
