/**
 * A function whose runtime process is killed, and started again before anybody asks: a kill that always hit the start of a cold
 * process would show nothing.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Lambda, startLambda } from '../../fakes/aws/lambda.ts'
import type { RotationEvent, StepAnswer } from '../../fakes/aws/rotation-driver.ts'
import { isUnavailable, type Unavailable } from '../../stand/stand.ts'

const TIMEOUT_MS = 30_000

export class MortalFunction {
  readonly #lambda: Lambda
  #warm: Promise<unknown>

  private constructor(lambda: Lambda) {
    this.#lambda = lambda
    this.#warm = this.#start()
  }

  static async start(bundle: string, endpoint: string): Promise<MortalFunction | Unavailable> {
    const env = { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint }
    const lambda = await startLambda({ bundle, env, timeoutMs: TIMEOUT_MS })
    return isUnavailable(lambda) ? lambda : new MortalFunction(lambda)
  }

  async invoke(event: RotationEvent): Promise<StepAnswer> {
    await this.#warm
    return this.#lambda.invoke(event)
  }

  /** Kills as many milliseconds after the handler was called, or after `from` where it is given. `done`: it had answered before. */
  async invokeAndKill(
    event: RotationEvent,
    ms: number,
    from?: Promise<void>,
  ): Promise<{ readonly answer: StepAnswer; readonly done: boolean }> {
    await this.#warm
    let done = false
    const answered = this.#lambda.invoke(event).then(answer => {
      done = true
      return answer
    })
    if (from) await Promise.race([from, answered])
    await sleep(ms)
    const before = done
    await this.#lambda.kill()
    const answer = await answered
    this.#warm = this.#start()
    return { answer, done: before }
  }

  stdout = (): string => this.#lambda.stdout()

  async close(): Promise<void> {
    await this.#warm.catch(() => {})
    await this.#lambda.close()
  }

  // an event of nobody's: refused, when everything is loaded
  #start(): Promise<unknown> {
    return this.#lambda.invoke({})
  }
}
