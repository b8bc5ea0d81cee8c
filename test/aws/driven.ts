/** A rotation that the fake's service has begun, step by step through the engine and the real store, over a server in memory. */
import { Requests } from '../../aws/requests.ts'
import { StepStore } from '../../aws/step-store.ts'
import type { AuditEvent } from '../../core/audit/event.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { RotationId } from '../../core/ports/secret-store.ts'
import type { Replication } from '../../core/replication/replication.ts'
import { type DrivenStep, runStep, type StepResult } from '../../core/rotation/run-step.ts'
import type { RotationPolicy } from '../../core/rotation/setup.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { MemoryServer, MemoryTarget } from '../../core/testing/memory-target.ts'
import { Place } from './support.ts'

export const ID = 'prod/app'
const fields = { username: 'username', password: 'password', host: 'host', port: 'port' }
const policy: RotationPolicy = {
  grace: 3_600_000,
  consumers: [],
  runLife: 900_000,
  cutover: 1_000,
  replicaLag: 0,
  settle: 0,
  retryBudget: 5,
  idleSessions: 'keep',
  manual: false,
}
export const STEPS: readonly DrivenStep[] = ['create', 'set', 'test', 'finish']

export class Driven extends Place {
  readonly server = new MemoryServer(this.clock)
  readonly target: SettableTarget
  readonly events: AuditEvent[] = []
  /** Who else holds copies. */
  replication: Replication | undefined
  #made = 0

  constructor(strategy: 'single-user' | 'alternating-users') {
    super()
    const users = strategy === 'single-user' ? ['app'] : ['app', 'app_clone']
    this.target = new MemoryTarget({ server: this.server, strategy, users })
    this.server.setPassword('app', SecretValue.of('first'))
    this.fake.service.createSecret({ name: ID, value: this.json('app', 'first'), rotation: { lambdaArn: 'arn:f' } })
    this.clock.time += 86_400_000
  }

  json(username: string, password: string, more: object = {}): string {
    return JSON.stringify({ engine: 'postgres', host: 'db', port: 5432, username, password, ...more })
  }

  begin(options: { test?: boolean } = {}): RotationId {
    return this.fake.service.beginRotation(ID, undefined, options).token as RotationId
  }

  /** As a function would be invoked: nothing is kept from one step to the next. */
  step(step: DrivenStep, token: RotationId, target = this.target): Promise<StepResult> {
    const client = this.fake.inProcessClient({ maxAttempts: 1 })
    const store = new StepStore(new Requests(client, this.clock), this.clock, { token })
    const setup = {
      secret: ID,
      id: ID,
      store,
      target,
      shape: valueShape({ format: 'json', fields }),
      policy,
      clock: this.clock,
      audit: { write: async (event: AuditEvent) => void this.events.push(event) },
      generate: () => SecretValue.of(`generated-${++this.#made}`),
      ...(this.replication && { replication: this.replication }),
    }
    const request = {
      type: 'scheduled' as const,
      actor: { user_id: 'service', user_agent: 'test' },
      deadline: this.clock.time + 60_000,
      step,
      rotation: token,
    }
    return runStep(setup, request, new AbortController().signal)
  }

  async all(token: RotationId, target = this.target): Promise<void> {
    for (const step of STEPS) await this.step(step, token, target)
  }

  /** A whole rotation, to its end at the service. */
  async rotate(end: { cleanPending?: boolean } = {}): Promise<RotationId> {
    const token = this.begin()
    await this.all(token)
    this.fake.service.endRotation(ID, token, 'succeeded', end)
    return token
  }

  stagesOf(version: string): readonly string[] {
    return this.fake.service.peek(ID).versions.get(version)?.stages ?? []
  }

  holder(stage: string): string | undefined {
    return [...this.fake.service.peek(ID).versions].find(([, { stages }]) => stages.includes(stage))?.[0]
  }

  /** Whether consumers can log in with what they read. */
  get works(): boolean {
    const { value } = this.fake.service.peek(ID).versions.get(this.holder('AWSCURRENT')!)!
    const { username, password } = JSON.parse(value!) as { username: string; password: string }
    return this.server.wouldAccept({ username, password: SecretValue.of(password) })
  }
}
