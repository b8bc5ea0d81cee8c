/** Functions in two regions of AWS, over fakes of Secrets Manager [fake]. Planted: a member that is not looked at (the follower rotates). */
import { expect, test } from 'vitest'
import { fleetOn } from '../../aws/fleet.ts'
import type { AwsStoreOptions } from '../../aws/index.ts'
import { openAwsStore } from '../../aws/index.ts'
import { createSweep } from '../../aws/sweep.ts'
import { ManualClock } from '../aws/support.ts'
import { createSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { folder, live, Regions } from './life.ts'

const REGIONS = { eu: 'eu-central-1', us: 'us-east-1', reg: 'eu-west-1' } as const

class AwsRegions extends Regions {
  readonly clock = new ManualClock()
  readonly fakes = new Map(Object.keys(REGIONS).map(name => [name, this.#fake()]))
  readonly config = this.configOf(
    `{ ${Object.entries(REGIONS)
      .map(([name, region]) => `${name}: { kind: aws, region: ${region} }`)
      .join(', ')} }`,
  )

  constructor() {
    super()
    this.fakes.get('eu')!.service.createSecret({ name: 'app-db', value: this.first })
  }

  #fake() {
    return createSecretsManager({ now: () => ++this.clock.time, sleep: async () => {} })
  }

  open = async ({ clock, region }: AwsStoreOptions) => {
    const [name] = Object.entries(REGIONS).find(([, where]) => where === region)!
    const client = this.fakes.get(name)!.inProcessClient({ maxAttempts: 1 })
    return this.reached(name, await openAwsStore({ clock, client }))
  }

  async workshop(member?: string) {
    return fleetOn(this.config, { clock: this.clock, member, open: this.open })
  }

  async sweep(member?: string) {
    const handler = createSweep({
      env: { AWS_REGION: REGIONS.eu, ...(member && { LOCKSTEP_MEMBER: member }) },
      clock: this.clock,
      write: async line => void this.lines.push(JSON.parse(line)),
      folder,
      open: this.open,
      config: async () => this.config,
      queue: () => Promise.reject(new Error('there is no queue')),
    })
    const end = this.clock.time + 600_000
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => end - this.clock.time }
    const scheduled = {
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: '2030-01-01T03:00:00Z',
      detail: {},
    }
    const answer = await handler(scheduled, context).catch(() => undefined)
    return { ...(answer ?? (this.lines.findLast(({ answer: found }) => found)!.answer as typeof answer))?.outcomes }
  }

  writes(region: string): number {
    const { calls } = this.fakes.get(region)!
    return calls.count('PutSecretValue') + calls.count('UpdateSecretVersionStage') + calls.count('TagResource')
  }
}

test('one leads, one stands by, and a fail-over is enough to change that', async () => {
  const regions = new AwsRegions()
  await live(regions)
  const metrics = regions.lines.filter(({ Follower }) => Follower === 'us')
  expect(metrics).toContainEqual(expect.objectContaining({ FollowerBehind: 1 }))
  expect(metrics).toContainEqual(
    expect.objectContaining({
      FollowerLag: expect.any(Number),
      FollowerBehind: 0,
      _aws: expect.objectContaining({
        CloudWatchMetrics: [
          expect.objectContaining({
            Dimensions: [['SecretName', 'Environment', 'Strategy', 'Follower'], ['Environment']],
          }),
        ],
      }),
    }),
  )
})

test('a member that no secret has is an error of the configuration, with the likely one', async () => {
  const regions = new AwsRegions()
  await expect(regions.workshop('uss')).rejects.toMatchObject({ code: 'config-invalid', at: 'LOCKSTEP_MEMBER' })
})
