import type { Invoke, RotationEvent, RotationOptions, Step, StepAnswer } from './rotation-driver.ts'
import type { RotationStart } from './secrets-manager.ts'

export interface Delivered {
  readonly event: RotationEvent
  readonly answer: StepAnswer
}

/** Invokes the function for one step: once, twice or two at once. A second delivery follows a first that failed, too. */
export async function deliver(
  start: RotationStart,
  step: Step,
  invoke: Invoke,
  { delivery = 'once', spelling = 'createSecret' }: RotationOptions,
): Promise<readonly Delivered[]> {
  const event: RotationEvent = {
    Step: spelling === 'createSecret' ? step : step.replace('Secret', '_secret'),
    SecretId: start.arn,
    ClientRequestToken: start.token,
    RotationToken: start.rotationToken,
  }
  const call = async (): Promise<Delivered> => ({ event, answer: await invoke(event) })
  if (delivery === 'two at once') return Promise.all([call(), call()])
  const first = await call()
  return delivery === 'once' ? [first] : [first, await call()]
}
