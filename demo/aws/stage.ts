/**
 * What every scene uses: the cloud, the function, the clients, and what store and server say.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FingerprintKey, fingerprint } from '../../core/secret/fingerprint.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { Lambda } from '../../test/fakes/aws/lambda.ts'
import type { DrivenRotation, Invoke, RotationOptions } from '../../test/fakes/aws/rotation-driver.ts'
import type { PostgresOptions } from '../../test/stand/postgres.ts'
import { until } from '../../test/stand/stand.ts'
import { accepts } from '../accepts.ts'
import { Fleet } from '../fleet.ts'
import { Cloud, FUNCTION_KEY, type Labelled, loginIn } from './cloud.ts'

/** Between the four invocations of a rotation. The service says of its own pauses nothing; what it does is seconds. */
export const PAUSE_MS = 1_000
const PROMOTION = 'UpdateSecretVersionStage'
/** The cache of every client. */
export const REFRESH_MS = 500

export class AwsStage {
  readonly cloud: Cloud
  readonly lambda: Lambda
  readonly fleet: Fleet
  readonly #fingerprintKey: FingerprintKey = { key: SecretValue.of(randomBytes(32).toString('hex')) }

  private constructor(cloud: Cloud, lambda: Lambda) {
    this.cloud = cloud
    this.lambda = lambda
    const { endpoint, region } = cloud.fake
    this.fleet = new Fleet({ endpoint, region })
  }

  /** Undefined (said on stderr): this machine cannot run it. */
  static async open(conf?: PostgresOptions['conf']): Promise<AwsStage | undefined> {
    const cloud = await Cloud.open(conf)
    const lambda = await cloud?.function()
    if (cloud && lambda) return new AwsStage(cloud, lambda)
    await cloud?.close()
    return undefined
  }

  invoke: Invoke = event => this.lambda.invoke(event)

  /** With a second between the invocations. */
  rotate(secret: string, options: RotationOptions = {}, invoke = this.invoke): Promise<DrivenRotation> {
    const { betweenSteps } = options
    const pausing: RotationOptions['betweenSteps'] = async next => {
      await sleep(PAUSE_MS)
      await betweenSteps?.(next)
    }
    return this.cloud.rotate(secret, invoke, { ...options, betweenSteps: pausing })
  }

  /** Requests of the function, by operation. */
  calls(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { op, accessKeyId } of this.cloud.fake.calls.list)
      if (accessKeyId === FUNCTION_KEY) counts[op] = (counts[op] ?? 0) + 1
    return counts
  }

  /** Kills the runtime when its next promotion has left it, and before the service looks at it: it is not applied. */
  killAtPromotion(): Promise<void> {
    const killed = this.atPromotion(1_000, () => this.lambda.kill())
    this.cloud.fake.faults.next(PROMOTION, 'reset')
    return killed
  }

  /** Does `work` when the function's next promotion has left it; the service looks at it after so long. */
  async atPromotion(latencyMs: number, work: () => void | Promise<void>): Promise<void> {
    const promotions = () => this.calls()[PROMOTION] ?? 0
    const before = promotions()
    this.cloud.fake.faults.next(PROMOTION, { latencyMs })
    await until(() => {
      if (promotions() === before) throw new Error('The function has promoted nothing.')
    })
    await work()
  }

  /** Equal for equal values. */
  fingerprint(secret: string, { text }: Labelled): string {
    return fingerprint(this.#fingerprintKey, secret, SecretValue.of(text))
  }

  async login(version: Labelled): Promise<'accepted' | 'refused'> {
    const { username, password } = loginIn(version)
    const accepted = await accepts(this.cloud.server, { username, password: SecretValue.of(password) })
    return accepted ? 'accepted' : 'refused'
  }

  async close(): Promise<void> {
    this.fleet.stop()
    await this.cloud.close()
  }
}
