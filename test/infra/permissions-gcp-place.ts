/** The drill on Google Cloud: functions and stores over the fake of Secret Manager, which lets through what is granted and no more. */
import type { GcpStoreConfig } from '../../core/config/types.ts'
import { type FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { registerId } from '../../core/replication/store-register.ts'
import { openFunctionStore } from '../../gcp/function-store.ts'
import { createFunctions } from '../../gcp/functions.ts'
import type { Request } from '../../gcp/http.ts'
import type { GcpGrants } from '../../infra/permissions/gcp.ts'
import { createSecretManager } from '../fakes/gcp/secret-manager.ts'
import { message, push } from '../gcp/events.ts'
import { ManualClock } from '../gcp/support.ts'
import { configOf, DAY, Drill, firstValue, HOUR, secretText } from './permissions-drill.ts'

export const PROJECT = 'test-project'
const LOCATION = 'europe-west3'

const admin = '{ id: admin-db, store: latest }'
export const config = configOf(
  `{ latest: { kind: gcp, project: ${PROJECT}, readBy: latest }, alias: { kind: gcp, project: ${PROJECT}, readBy: { alias: current, previous: previous } }, region: { kind: gcp, project: ${PROJECT}, location: ${LOCATION}, readBy: { alias: current, previous: previous } }, third: { kind: gcp, project: ${PROJECT}, location: europe-west4, readBy: { alias: current } } }`,
  '{ store: third }',
  secretText('plain', 'latest', admin) +
    secretText(
      'led',
      'alias',
      '{ id: leading-admin, store: alias }',
      ', followers: [{ store: region, required: false }]',
    ),
)

/** Of one permission on one name; the names of a project's own resource: `undefined`. */
export interface Single {
  readonly permission: string
  readonly name: string | undefined
}

export function singlesOf({ roles, bindings }: GcpGrants): readonly Single[] {
  return Object.values(bindings).flatMap(({ role, names }) =>
    roles[role]!.permissions.flatMap(permission =>
      (names.length > 0 ? names : [undefined]).map(name => ({ permission, name })),
    ),
  )
}

export class GcpDrill extends Drill {
  readonly clock = new ManualClock()
  readonly config = config
  readonly fake = createSecretManager({ now: () => ++this.clock.time, sleep: async () => {} })

  constructor(singles: readonly Single[]) {
    super()
    const { service, permissions } = this.fake
    // from the first grant on nothing else is allowed
    permissions.grant('test', ['secretmanager.nothing'], ['nowhere'])
    for (const { permission, name } of singles) {
      const on =
        name === undefined ? [`projects/${PROJECT}*`] : [`projects/${PROJECT}/${name}`, `projects/${PROJECT}/${name}/*`]
      permissions.grant('test', [permission], on)
    }
    service.createSecret({ id: 'plain-db', value: firstValue('plain') })
    service.createSecret({ id: 'led-db', value: firstValue('led'), aliases: ['current'] })
    service.createSecret({ id: 'admin-db', value: firstValue('admin') })
    service.createSecret({ id: 'leading-admin', value: firstValue('admin'), aliases: ['current'] })
    service.createSecret({ id: 'nobodys', value: firstValue('nobody') })
  }

  workshop(member?: string): Workshop<FunctionStore> {
    const client = (location?: string) => this.fake.inProcessClient({ ...(location !== undefined && { location }) })
    return new Workshop<FunctionStore>({
      config,
      clock: this.clock as never,
      member,
      open: store =>
        openFunctionStore(store as GcpStoreConfig, this.clock as never, async ({ location }) => client(location)),
      engines: this.engines as never,
    })
  }

  get functions() {
    return createFunctions({
      workshop: async () => this.workshop(),
      clock: this.clock as never,
      write: async () => {},
      environment: 'test',
      timeout: 60_000,
      project: () => PROJECT,
    })
  }

  async call(name: 'rotate' | 'sweep' | 'worker', body: unknown): Promise<unknown> {
    let answer: unknown
    const response = {
      status: (code: number) => {
        answer = code
        return response
      },
      json: (sent: object) => {
        const { requestId: _, ...rest } = sent as Record<string, unknown>
        answer = rest
      },
      end: () => undefined,
    }
    const request: Request = { method: 'POST', body, get: () => undefined }
    await this.functions[name](request, response)
    return answer
  }

  event(): Promise<void> {
    const timestamp = new Date(this.clock.time).toISOString()
    const secretId = `projects/${this.fake.projectNumber}/secrets/plain-db`
    const sent = message({ secretId, timestamp })
    return this.functions.onSecretEvent({ type: 'google.cloud.pubsub.topic.v1.messagePublished', data: push(sent) })
  }

  work(secret: string, what: string): Promise<unknown> {
    const item = JSON.stringify({ secret, do: what, asked: new Date(this.clock.time).toISOString() })
    return this.call('worker', push({ data: Buffer.from(item).toString('base64'), messageId: '1' }))
  }

  async live(): Promise<this> {
    const later = (ms: number) => {
      this.clock.time += ms
    }
    const lost = async (nth: number, name: string, run: () => Promise<unknown>) => {
      const end = this.fake.faults.every('AddSecretVersion', 'lost-answer', nth)
      await this.step(name, run)
      end()
    }
    await this.both('replicate for the first time, twice at once', () => this.replicate('led'))
    later(DAY)
    await this.step('event', () => this.event())
    later(5 * HOUR)
    await this.step('worker: retire', () => this.work('plain', 'retire'))
    later(31 * DAY)
    await this.step('sweep: rotate', () => this.call('sweep', {}))
    later(5 * HOUR)
    await this.step('sweep: retire', () => this.call('sweep', {}))
    later(HOUR)
    for (const secret of ['plain', 'led']) {
      await this.step(`rotate ${secret}`, () => this.call('rotate', { secret, force: true }))
      await this.step(`roll ${secret} back`, () => this.rollback(secret))
      later(5 * HOUR)
      await this.step(`retire ${secret}`, () => this.work(secret, 'retire'))
      for (const nth of [1, 2, 3]) {
        await lost(nth, `rotate ${secret}, addition ${nth} lost`, () => this.rotate(secret))
        later(5 * HOUR)
        await this.step('sweep', () => this.call('sweep', {}))
      }
      await this.both(`rotate ${secret} twice at once`, () => this.rotate(secret))
      later(5 * HOUR)
      await this.step('sweep', () => this.call('sweep', {}))
    }
    await lost(1, 'fail over, additions lost', () => this.failOver('led', 'region'))
    later(DAY)
    await this.both('rotate there, twice at once', () => this.rotate('led', 'region'))
    this.lines.push(...this.#states())
    return this
  }

  /** Which versions of whose are left as they are. */
  #states(): readonly string[] {
    const { service } = this.fake
    const named: readonly (readonly [string, string?])[] = [
      ['plain-db'],
      ['plain-db-lockstep-pending'],
      ['led-db'],
      ['led-db', LOCATION],
      [registerId('default', 'led'), 'europe-west4'],
    ]
    return named.map(([id, location]) => {
      try {
        const { versions } = service.peek(id, location as never)
        return `${id}: ${[...versions.values()].map(({ state }) => state).join(' ')}`
      } catch {
        return `${id}: absent`
      }
    })
  }

  /** `permission on resource` that was refused. */
  get refused(): readonly string[] {
    return this.fake.calls.list
      .filter(({ error }) => error === 'PERMISSION_DENIED')
      .map(({ op, resource }) => `${op} ${resource}`)
  }
}
