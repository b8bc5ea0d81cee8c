/** The engine over a store that a test opens anew for each process, with a server in memory. */
import type { AuditEvent } from '../core/audit/event.ts'
import type { SecretStore } from '../core/ports/secret-store.ts'
import { retire } from '../core/rotation/retire.ts'
import { rollback, rotate } from '../core/rotation/rotate.ts'
import type { RotationPolicy, RotationRequest, RotationResult, RotationSetup } from '../core/rotation/setup.ts'
import type { Credential } from '../core/secret/credential.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { valueShape } from '../core/secret/shape.ts'
import { MemoryServer, MemoryTarget } from '../core/testing/memory-target.ts'

export const ID = 'app-db'
export const DAY = 86_400_000
const RUN_LIFE = 60_000
const fields = { username: 'username', password: 'password', host: 'host', port: 'port' }

const policy: RotationPolicy = {
  interval: DAY,
  grace: 3_600_000,
  consumers: [],
  runLife: RUN_LIFE,
  cutover: 1_000,
  replicaLag: 0,
  settle: 0,
  retryBudget: 50,
  idleSessions: 'keep',
  manual: false,
}

export type Strategy = 'single-user' | 'alternating-users'

/** What a store's own test knows. */
export interface Surroundings {
  readonly clock: { time: number; now(): number; sleep(ms: number): Promise<void> }
  /** As a new process opens it. */
  store(): SecretStore
  /** The text that consumers read. */
  latest(): string
}

export const valueText = (username: string, password: string, more: object = {}): string =>
  JSON.stringify({ engine: 'postgres', host: 'db', port: 5432, username, password, ...more })

/** The value that `first` is in has to be put there by whoever makes it. */
export class DrivenEngine {
  readonly server: MemoryServer
  readonly target: MemoryTarget
  readonly events: AuditEvent[] = []
  readonly #around: Surroundings
  #made = 0

  constructor(strategy: Strategy, around: Surroundings) {
    this.#around = around
    this.server = new MemoryServer(around.clock)
    const users = strategy === 'single-user' ? ['app'] : ['app', 'app_clone']
    this.target = new MemoryTarget({ server: this.server, strategy, users })
    this.server.setPassword('app', SecretValue.of('first'))
  }

  /** A new process: nothing is kept from the one before. */
  get setup(): RotationSetup {
    return {
      secret: ID,
      id: ID,
      store: this.#around.store(),
      target: this.target,
      shape: valueShape({ format: 'json', fields }),
      policy,
      clock: this.#around.clock,
      audit: { write: async event => void this.events.push(event) },
      generate: () => SecretValue.of(`generated-${++this.#made}`),
    }
  }

  request(more: Partial<RotationRequest> = {}): RotationRequest {
    const actor = { user_id: 'test', user_agent: 'test' }
    return { type: 'scheduled', actor, deadline: this.#around.clock.time + RUN_LIFE, ...more }
  }

  rotate = (more: Partial<RotationRequest> = {}) => rotate(this.setup, this.request(more), new AbortController().signal)
  retire = (more: Partial<RotationRequest> = {}) => retire(this.setup, this.request(more), new AbortController().signal)
  rollback = () => rollback(this.setup, this.request({ force: true }), new AbortController().signal)

  /** Again and again, as a schedule would, until it is done. */
  async until(outcome: RotationResult['outcome'], run: () => Promise<RotationResult>, check = () => {}): Promise<void> {
    for (let tries = 0; tries < 8; tries++) {
      const result = await run().catch(error => error as Error)
      check()
      // Not due: the ending was on record, and only its answer was lost.
      const done = [outcome, 'already-rotated', 'not-due', 'nothing-to-retire']
      if (!(result instanceof Error) && done.includes(result.outcome)) return
      if (tries === 7) throw result instanceof Error ? result : new Error(JSON.stringify(result))
      this.#around.clock.time += RUN_LIFE
    }
  }

  /** What consumers read. */
  get consumed(): Credential {
    return credentialIn(this.#around.latest())
  }

  get works(): boolean {
    return this.server.wouldAccept(this.consumed)
  }
}

export function credentialIn(text: string): Credential {
  const { username, password } = JSON.parse(text) as Record<string, string>
  return { username: username!, password: SecretValue.of(password!) }
}
