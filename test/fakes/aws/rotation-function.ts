/**
 * Functions for the rotation driver that run in this process, and the service's end of RotateSecret.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { type DrivenRotation, driveStarted, type Invoke, type RotationOptions } from './rotation-driver.ts'
import type { RotationStart, SecretsManagerCore } from './secrets-manager.ts'

/** As much of Lambda's context as a handler may use. */
export interface FunctionContext {
  readonly awsRequestId: string
  readonly functionName: string
  readonly invokedFunctionArn: string
  getRemainingTimeInMillis(): number
}

export interface InProcessOptions {
  readonly functionName?: string
  readonly timeoutMs?: number
  /** Milliseconds since 1970; for a virtual clock. */
  readonly now?: () => number
}

/** A source handler instead of a bundle. What it throws is answered as Lambda's runtime client answers it. */
export function inProcess(
  handler: (event: unknown, context: FunctionContext) => Promise<unknown>,
  { functionName = 'rotator', timeoutMs = 30_000, now = Date.now }: InProcessOptions = {},
): Invoke {
  return async event => {
    const deadline = now() + timeoutMs
    try {
      await handler(event, {
        awsRequestId: randomUUID(),
        functionName,
        invokedFunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${functionName}`,
        getRemainingTimeInMillis: () => deadline - now(),
      })
      return { ok: true }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
      return { ok: false, errorType: name, errorMessage: message }
    }
  }
}

export interface ServedRotations {
  /** Those that were begun so far, each at its end; one that rejects rejects this. */
  settled(): Promise<readonly DrivenRotation[]>
  /** RotateSecret then still begins rotations, which nobody drives. */
  stop(): void
}

/** Drives every rotation that a RotateSecret begins, by the function that `choose` answers for its ARN. */
export function serveRotations(
  fake: SecretsManagerCore,
  choose: (start: RotationStart) => Invoke,
  options: RotationOptions = {},
): ServedRotations {
  const driven: Promise<DrivenRotation>[] = []
  const stop = fake.service.onRotate(start => {
    // not before RotateSecret has been answered: a rotation is asynchronous
    const rotation = Promise.resolve().then(() => driveStarted(fake, start, choose(start), options))
    rotation.catch(() => {}) // told by settled()
    driven.push(rotation)
  })
  return { settled: () => Promise.all(driven), stop: () => void stop() }
}
