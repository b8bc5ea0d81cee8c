/** The engine over the real store and the two fakes, with a server in memory; and what goes wrong at one request of many. */
import type { AuditEvent } from '../../core/audit/event.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rollback, rotate } from '../../core/rotation/rotate.ts'
import type { RotationPolicy, RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { MemoryServer, MemoryTarget } from '../../core/testing/memory-target.ts'
import type { Fault } from '../fakes/azure/key-vault.ts'
import { Place } from './support.ts'

export const ID = 'app-db'
export const DAY = 86_400_000
const RUN_LIFE = 60_000
const fields = { username: 'username', password: 'password', host: 'host', port: 'port' }

export const policy: RotationPolicy = {
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

export class Driven extends Place {
  readonly server = new MemoryServer(this.clock)
  readonly target: MemoryTarget
  readonly events: AuditEvent[] = []
  #made = 0

  constructor(strategy: Strategy) {
    super()
    const users = strategy === 'single-user' ? ['app'] : ['app', 'app_clone']
    this.target = new MemoryTarget({ server: this.server, strategy, users })
    this.server.setPassword('app', SecretValue.of('first'))
    this.edit(ID, this.json('app', 'first'))
    this.clock.time += 2 * DAY
  }

  json(username: string, password: string, more: object = {}): string {
    return JSON.stringify({ engine: 'postgres', host: 'db', port: 5432, username, password, ...more })
  }

  /** A new process: nothing is kept from the one before. */
  get setup(): RotationSetup {
    return {
      secret: ID,
      id: ID,
      store: this.store(),
      target: this.target,
      shape: valueShape({ format: 'json', fields }),
      policy,
      clock: this.clock,
      audit: { write: async event => void this.events.push(event) },
      generate: () => SecretValue.of(`generated-${++this.#made}`),
    }
  }

  request(more: Partial<RotationRequest> = {}): RotationRequest {
    const actor = { user_id: 'test', user_agent: 'test' }
    return { type: 'scheduled', actor, deadline: this.clock.time + RUN_LIFE, ...more }
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
      this.clock.time += RUN_LIFE
    }
  }

  /** What consumers read. */
  get consumed(): Credential {
    const { username, password } = JSON.parse(this.vault.service.latestValue(ID)) as Record<string, string>
    return { username: username!, password: SecretValue.of(password!) }
  }

  get works(): boolean {
    return this.server.wouldAccept(this.consumed)
  }

  calls(): string[] {
    const all = [...this.vault.calls.list, ...this.blobs.calls.list].toSorted((a, b) => a.time - b.time)
    return all.filter(({ op }) => op !== 'challenge').map(({ op, name }) => `${op} ${name?.replace(/^.*\//, '')}`)
  }

  forgetCalls(): void {
    this.vault.calls.reset()
    this.blobs.calls.reset()
  }

  /** What happens to the nth request from now on, and to those after it. Answers how many there were, and ends it. */
  at(nth: number, fault: Fault | (() => void), after?: Fault): () => number {
    let seen = 0
    const originals = [this.vault.faults, this.blobs.faults].map(faults => ({ faults, take: faults.take }))
    const decide = (): readonly Fault[] => {
      seen++
      if (seen === nth && typeof fault === 'function') fault()
      if (seen === nth && typeof fault !== 'function') return [fault]
      return seen > nth && after ? [after] : []
    }
    for (const { faults } of originals) faults.take = decide
    return () => {
      for (const { faults, take } of originals) faults.take = take
      return seen
    }
  }
}
