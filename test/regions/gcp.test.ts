/** Functions in two projects of Google Cloud, over fakes of Secret Manager [fake]. */
import { expect, test } from 'vitest'
import type { GcpStoreConfig } from '../../core/config/types.ts'
import { type FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { openFunctionStore } from '../../gcp/function-store.ts'
import { createFunctions } from '../../gcp/functions.ts'
import type { Request } from '../../gcp/http.ts'
import { createSecretManager } from '../fakes/gcp/secret-manager.ts'
import { ManualClock } from '../gcp/support.ts'
import { live, Regions } from './life.ts'

const MEMBERS = ['eu', 'us', 'reg'] as const

class GcpRegions extends Regions {
  readonly clock = new ManualClock()
  readonly fakes = new Map(MEMBERS.map(name => [`project-${name}`, this.#fake(name)]))
  readonly config = this.configOf(
    `{ ${MEMBERS.map(name => `${name}: { kind: gcp, project: project-${name}, readBy: { alias: current, previous: previous } }`).join(', ')} }`,
  )

  constructor() {
    super()
    this.fakes.get('project-eu')!.service.createSecret({ id: 'app-db', value: this.first, aliases: ['current'] })
  }

  #fake(name: string) {
    return createSecretManager({
      projectId: `project-${name}`,
      now: () => ++this.clock.time,
      sleep: async () => {},
    })
  }

  open = async (store: GcpStoreConfig): Promise<FunctionStore> => {
    const fake = this.fakes.get(store.project as 'project-eu')!
    const opened = await openFunctionStore(store, this.clock, async () => fake.inProcessClient())
    return this.reached(store.project.replace('project-', ''), opened)
  }

  async workshop(member?: string) {
    return new Workshop<FunctionStore>({
      config: this.config,
      clock: this.clock,
      member,
      open: store => this.open(store as GcpStoreConfig),
      engines: () => import('../../core/targets/engines.ts'),
    })
  }

  async sweep(member?: string) {
    const functions = createFunctions({
      workshop: () => this.workshop(member),
      clock: this.clock,
      write: async line => void this.lines.push(JSON.parse(line)),
      environment: 'test',
      timeout: 600_000,
      project: () => undefined,
    })
    let body: { outcomes?: Record<string, number> } = {}
    const response = {
      status: () => response,
      json(sent: object) {
        body = sent
      },
      end: () => undefined,
    }
    const request: Request = { method: 'POST', body: {}, get: () => undefined }
    await functions.sweep(request, response)
    return body.outcomes ?? {}
  }

  writes(region: string): number {
    const { calls } = this.fakes.get(`project-${region}` as 'project-eu')!
    return ['AddSecretVersion', 'UpdateSecret', 'CreateSecret'].reduce((sum, op) => sum + calls.count(op), 0)
  }
}

test('one leads, one stands by, and a fail-over is enough to change that', async () => {
  const regions = new GcpRegions()
  await live(regions)
  expect(regions.lines).toContainEqual(
    expect.objectContaining({ message: 'metrics', Follower: 'us', FollowerLag: expect.any(Number), FollowerBehind: 0 }),
  )
})
