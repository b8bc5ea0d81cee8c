/**
 * A warm process with both in it: the built bundle's handler, and the bare script. Started by `rotation-time.ts`; makes the
 * rotations that it is told of, and answers how long the four steps took.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STEPS } from '../../test/fakes/aws/rotation-driver.ts'
import { timed } from '../result.ts'
import { bareRotation } from './bare.ts'

export interface Order {
  readonly who: 'function' | 'bare'
  readonly secret: string
  readonly alternating: boolean
  readonly token: string
  readonly rotationToken: string
}
export type Answer = { readonly ms: number } | { readonly error: string }

const { handler } = await import(process.argv[2]!)
const bare = bareRotation(new SecretsManagerClient({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT! }))

async function rotate({ who, secret, alternating, token, rotationToken }: Order): Promise<void> {
  for (const Step of STEPS) {
    const event = { Step, SecretId: secret, ClientRequestToken: token, RotationToken: rotationToken }
    if (who === 'bare') await bare({ ...event, alternating })
    else await handler(event, { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 60_000 })
  }
}

process.on('disconnect', () => process.exit())
process.on('message', (order: Order) => {
  timed(() => rotate(order)).then(
    ms => process.send!({ ms } satisfies Answer),
    (error: unknown) => process.send!({ error: String(error) } satisfies Answer),
  )
})
process.send!('ready')
