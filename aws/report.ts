/**
 * What is written about one invocation: a line, metrics, and the failure that is thrown. That something cannot be written must
 * neither undo what was done nor hide why it was not.
 * @module
 */
import type { Clock, Duration, Instant } from '../core/ports/clock.ts'
import type { StepResult } from '../core/rotation/run-step.ts'
import type { RotationEvent } from './event.ts'
import { secretName } from './event.ts'
import { ENOUGH, failureFields, type LockstepError, lambdaFailure } from './failure.ts'
import type { Invocation } from './invocation.ts'
import type { Log } from './log.ts'
import { type Metrics, metricsLine } from './metrics.ts'

const DAY: Duration = 86_400_000

export class Report {
  readonly log: Log
  readonly #clock: Clock
  readonly #began: Instant
  #invocation: Invocation | undefined
  #environment = 'default'

  constructor(log: Log, clock: Clock, began: Instant) {
    this.log = log
    this.#clock = clock
    this.#began = began
  }

  about({ secret, step, token }: RotationEvent): Report {
    const context = { secret: secretName(secret), secretId: secret, step, rotation: token }
    return new Report(this.log.with(context), this.#clock, this.#began)
  }

  /** From here on there is something to measure. */
  async begin(invocation: Invocation, environment: string, had: Duration): Promise<void> {
    this.#invocation = invocation
    this.#environment = environment
    if (had >= ENOUGH) return
    const message = `The time-out of this function is short: give it ${ENOUGH / 1000} s or more.`
    await quietly(() => this.log.line('WARN', message, { remainingMs: had }))
  }

  async succeeded({ outcome }: StepResult): Promise<Pick<StepResult, 'outcome'>> {
    const step = this.#invocation!.event.step
    await quietly(() => this.log.line('INFO', `${step}: ${outcome}`, { outcome, ...this.#common() }))
    await this.#measure(this.#successes(outcome))
    return { outcome }
  }

  /** Answers what is to be thrown. `had`: how long the invocation could last, from its begin. */
  async failed(thrown: unknown, had: Duration): Promise<LockstepError> {
    const { error, cause, next } = lambdaFailure(thrown, had)
    const fields = { ...this.#common(), ...failureFields(cause, next) }
    await quietly(() => this.log.line('ERROR', cause.message, fields))
    await this.#measure({ RotationSuccess: 0, PendingRotation: 1 })
    return error
  }

  #common() {
    const strategy = this.#invocation?.choice.known
    return { durationMs: this.#clock.now() - this.#began, ...(strategy && { strategy }) }
  }

  #successes(outcome: StepResult['outcome']): Metrics {
    const { event, rotationSince, currentSince } = this.#invocation!
    const now = this.#clock.now()
    const age = currentSince === undefined ? undefined : (now - currentSince) / DAY
    if (outcome === 'tried') return { SecretAge: age }
    if (outcome === 'already-rotated') return { PendingRotation: 0 }
    if (event.step === 'create') return { RotationAttempts: 1, PendingRotation: 1, SecretAge: age }
    if (event.step !== 'finish') return { PendingRotation: 1 }
    const duration = rotationSince === undefined ? undefined : Math.max(0, now - rotationSince)
    return { RotationSuccess: 1, RotationDuration: duration, PendingRotation: 0, SecretAge: 0 }
  }

  async #measure(metrics: Metrics): Promise<void> {
    if (this.#invocation === undefined) return
    const { name, choice } = this.#invocation
    const dimensions = { SecretName: name, Environment: this.#environment, Strategy: choice.known ?? 'unknown' }
    const line = metricsLine(metrics, dimensions, this.#clock.now())
    if (line !== undefined) await quietly(() => this.log.raw(line))
  }
}

async function quietly(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch {}
}
