/**
 * A secret with its leader in one region of Secrets Manager, a native replica in a second, and a copy in a third, of another account;
 * who leads is kept in a fourth [fake].
 */
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { betweenMoves } from '../../aws/between-moves.ts'
import { AwsNativeReplica } from '../../aws/native-replica.ts'
import { Requests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import type { AuditEvent } from '../../core/audit/event.ts'
import { drift } from '../../core/replication/drift.ts'
import { type FailOverOptions, failOver } from '../../core/replication/fail-over.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { Member } from '../../core/replication/replication.ts'
import { storeRegister } from '../../core/replication/store-register.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationSetup } from '../../core/rotation/setup.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { MemoryServer, MemoryTarget } from '../../core/testing/memory-target.ts'
import { VirtualClock } from '../../core/testing/simulation/hub.ts'
import { noteShape, simulatedPolicy } from '../../core/testing/simulation/world.ts'
import { createSecretsManager, type SecretsManagerCore } from '../fakes/aws/secrets-manager.ts'

export const ID = 'prod/app'
export const DAY = 86_400_000
export const { grace: GRACE, runLife: RUN_LIFE } = simulatedPolicy
export const [HOME, EU, AP] = ['us-east-1', 'eu-west-1', 'ap-south-1']
const WRITES = /^(Put|Update|Tag|Untag|Create|Delete|Rotate|Stop|Replicate|Remove|Cancel|Restore)/

/** Members: `virginia` leads first, `ireland` is its native replica, `mumbai` another account's. */
export class AwsRegions {
  readonly clock = new VirtualClock()
  readonly home = this.#account(HOME, '123456789012')
  readonly other = this.#account(AP, '210987654321')
  readonly third = this.#account('eu-north-1', '310987654321')
  readonly server = new MemoryServer(this.clock, { writer: 0 })
  readonly events: AuditEvent[] = []
  readonly register = storeRegister(async () => this.storeAt(this.third, 'eu-north-1', 'register'), 'test')
  /** Regions that do not answer: connections are refused. */
  readonly off = new Set<string>()
  /** Without them labels are moved as fast as it goes. */
  awaited = true
  mumbaiRequired = true
  readonly strategy: 'alternating-users' | 'single-user'
  /** Just before the target is changed. */
  beforeSet = (): void => {}
  #generated = 0

  constructor(strategy: AwsRegions['strategy'] = 'alternating-users') {
    this.strategy = strategy
    const first = { username: 'app_a', password: this.password() }
    this.server.setPassword(first.username, first.password)
    this.home.service.createSecret({ name: ID, value: this.value(first).reveal() })
    this.clock.advance(2 * DAY)
  }

  #account(region: string, accountId: string): SecretsManagerCore {
    // no two things happen at the same time
    const now = () => {
      this.clock.advance(1)
      return this.clock.now()
    }
    return createSecretsManager({ region, accountId, now, sleep: async ms => this.clock.advance(ms) })
  }

  password = (): SecretValue => SecretValue.of(`canary-${++this.#generated}`)
  value = ({ username, password }: Credential): SecretValue =>
    SecretValue.of(JSON.stringify({ username, password: password.reveal(), note: '' }))

  requests(fake: SecretsManagerCore, region: string, accessKeyId: string): Requests {
    const client = fake.inProcessClient({
      region,
      credentials: { accessKeyId, secretAccessKey: 'test' },
      maxAttempts: 1,
      ...(this.off.has(region) && { requestHandler: refusing }),
    })
    return new Requests(client, this.clock)
  }

  storeAt(fake: SecretsManagerCore, region: string, key: string): AwsSecretStore {
    const wait = betweenMoves(async () => [this.replica()], this.clock)
    const waits = this.awaited && region === HOME
    return new AwsSecretStore(this.requests(fake, region, key), this.clock, waits ? { betweenMoves: wait } : {})
  }

  replica = (): AwsNativeReplica => new AwsNativeReplica(this.requests(this.home, EU, 'ireland'))

  store(member: string): AwsSecretStore {
    if (member === 'mumbai') return this.storeAt(this.other, AP, member)
    return this.storeAt(this.home, member === 'ireland' ? EU : HOME, member)
  }

  get members(): Member[] {
    const of = (name: string): Member => ({
      ...{ name, id: ID, required: true, timeout: 60_000, fields: {} },
      open: async () => this.store(name),
    })
    return [
      of('virginia'),
      { ...of('ireland'), native: async () => this.replica() },
      { ...of('mumbai'), required: this.mumbaiRequired },
    ]
  }

  as(self: string): RotationSetup {
    const { members, register } = this
    return {
      secret: 'app',
      id: ID,
      store: this.store(self),
      target: this.#target(),
      shape: noteShape,
      policy: simulatedPolicy,
      clock: this.clock,
      audit: { write: async event => void this.events.push(event) },
      generate: this.password,
      replication: { secret: 'app', self, members, register, acceptGap: ['virginia', 'ireland', 'mumbai'] },
    }
  }

  #target(): MemoryTarget {
    const { server, strategy } = this
    const users = strategy === 'single-user' ? ['app_a'] : ['app_a', 'app_b']
    const target = new MemoryTarget({ server, strategy, users, asAdmin: false })
    const set = target.set.bind(target)
    target.set = (...args) => {
      this.beforeSet()
      return set(...args)
    }
    return target
  }

  request(more: Partial<RotationRequest> = {}): RotationRequest {
    const actor = { user_id: 'test', user_agent: 'test' }
    return { type: 'manual', actor, deadline: this.clock.now() + RUN_LIFE, ...more }
  }

  readonly #signal = new AbortController().signal
  replicate = (more?: Partial<RotationRequest>, self = 'virginia') =>
    replicate(this.as(self), this.request(more), this.#signal)
  rotate = (self = 'virginia') => rotate(this.as(self), this.request({ force: true }), this.#signal)
  retire = (more?: Partial<RotationRequest>, self = 'virginia') =>
    retire(this.as(self), this.request(more), this.#signal)
  drift = (self = 'virginia') => drift(this.as(self), this.request(), this.#signal)
  failOver = (to: string, options?: FailOverOptions) =>
    failOver(this.as(to), this.request({ reason: 'region lost' }), this.#signal, options)

  call() {
    return { signal: this.#signal, deadline: this.clock.now() + RUN_LIFE, run: {} }
  }

  async replicated(): Promise<void> {
    const { ReplicateSecretToRegionsCommand } = await import('@aws-sdk/client-secrets-manager')
    const add = new ReplicateSecretToRegionsCommand({ SecretId: ID, AddReplicaRegions: [{ Region: EU }] })
    await this.home.inProcessClient().send(add)
    this.clock.advance(DAY)
  }

  who = () => this.register.read('app', this.call())

  /** What consumers of a member's region read. */
  shown(member: string): Credential {
    const [fake, region] = member === 'mumbai' ? [this.other, AP] : [this.home, member === 'ireland' ? EU : HOME]
    const { versions } = fake.service.peek(ID, region)
    const current = [...versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
    return noteShape.read(SecretValue.of(current!.value!))
  }

  works = (member: string): boolean => this.server.wouldAccept(this.shown(member))
  same = (...members: string[]): boolean =>
    new Set(members.map(member => this.shown(member).password.reveal())).size === 1

  /** What was asked of a region that could have changed something there. */
  writesIn = (region: string): string[] =>
    this.home.calls.list.filter(call => call.region === region && WRITES.test(call.op)).map(({ op }) => op)

  labels(): string[] {
    return [...this.home.service.peek(ID).versions.values()].flatMap(({ stages }) => stages)
  }
}

/** As a connection to a region that is switched off, or out of reach. */
const refusing = {
  async handle(): Promise<never> {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  },
  destroy() {},
} as unknown as NonNullable<SecretsManagerClientConfig['requestHandler']>
