/**
 * One invocation, wired: the event's secret with its store, its target and the environment's settings.
 * @module
 */
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock, Duration, Instant } from '../core/ports/clock.ts'
import type { Call, SecretId, SecretState, SecretVersion } from '../core/ports/secret-store.ts'
import type { StepRequest } from '../core/rotation/run-step.ts'
import type { RotationPolicy, RotationSetup } from '../core/rotation/setup.ts'
import { generatePassword } from '../core/secret/generate.ts'
import { adminSecrets } from './drop-in/admin-secrets.ts'
import type { Recollection } from './drop-in/choice.ts'
import { StrategyChoice } from './drop-in/choice.ts'
import type { ManagedDatabases } from './drop-in/managed-databases.ts'
import type { Settings } from './drop-in/settings.ts'
import { databaseShape } from './drop-in/shape.ts'
import { dropInTarget } from './drop-in/target.ts'
import { type RotationEvent, secretName } from './event.ts'
import type { Log } from './log.ts'
import type { Requests } from './requests.ts'
import { StepStore } from './step-store.ts'

const SECOND: Duration = 1000

/** No other invocation lives longer than this one may; a person's command line takes its time as well. */
const SHORTEST_LIFE = 60 * SECOND

export interface Wiring {
  readonly settings: Settings
  readonly requests: Requests
  readonly rds: ManagedDatabases
  readonly clock: Clock
  readonly recollection: Recollection
  /** What the function's time-out lets an invocation live. */
  readonly timeLimit: Duration
}

export class Invocation {
  readonly event: RotationEvent
  readonly name: string
  readonly choice: StrategyChoice
  readonly #heard: Instant | undefined
  readonly #store: ObservedStore
  readonly #wiring: Wiring

  constructor(event: RotationEvent, wiring: Wiring) {
    const { settings, requests, clock, recollection } = wiring
    const memory = recollection.about(event.token)
    this.event = event
    this.name = secretName(event.secret)
    this.#heard = memory.heard
    memory.heard ??= clock.now()
    this.choice = new StrategyChoice(settings.strategy, memory)
    this.#store = new ObservedStore(requests, clock, event)
    this.#wiring = wiring
  }

  /** When what consumers read was made, where this invocation has seen it. */
  get currentSince(): Instant | undefined {
    return this.#store.currentSince
  }

  /** When the rotation began: its version's creation, or when this process first heard of it; neither known: undefined. */
  get rotationSince(): Instant | undefined {
    return this.#store.pendingSince ?? this.#heard
  }

  setup(log: Log): RotationSetup {
    const { settings, clock, timeLimit } = this.#wiring
    const { choice, event, name } = this
    return {
      secret: name,
      id: event.secret,
      store: this.#store,
      target: dropInTarget({
        settings,
        strategy: () => choice.strategy,
        owner: `lockstep:${settings.owner ?? `aws/${name}`}`,
        sources: { secrets: adminSecrets(this.#wiring.requests), rds: this.#wiring.rds },
        clock,
      }),
      shape: databaseShape(secret => choice.saw(secret)),
      policy: policyOf(settings, choice, timeLimit),
      clock,
      audit: this.#audit(log),
      generate: () => generatePassword(settings.password),
    }
  }

  request(deadline: Instant): StepRequest {
    const { step, token } = this.event
    const actor = { user_id: 'secretsmanager.amazonaws.com', user_agent: 'lockstep-lambda' }
    return { step, rotation: token, type: 'event', actor, deadline }
  }

  /**
   * Reads ahead what the step reads anyway, where the strategy is to be learnt from the value: only `finish` of alternating users
   * in a process that has not seen the rotation before pays for it. What goes wrong here, the step meets again and reports.
   */
  async learnStrategy(call: Omit<Call, 'run'>): Promise<void> {
    if (this.choice.known !== undefined) return
    const { step, secret: id } = this.event
    const mine = { ...call, run: {} }
    try {
      const found = await (step === 'create' ? this.#store.current(id, mine) : this.#store.pending(id, mine))
      if (found && found.value !== 'disabled') databaseShape(secret => this.choice.saw(secret)).read(found.value)
    } catch {}
  }

  /** An event names the strategy only if it is known. */
  #audit(log: Log): AuditSink {
    return log.audit(event => {
      if (this.choice.known !== undefined) return event
      const { strategy: _, ...metadata } = event.metadata
      return { ...event, metadata: metadata as typeof event.metadata }
    })
  }
}

/** The previous password of a single user ended with the rotation; there is no grace to keep. */
const policyOf = (settings: Settings, choice: StrategyChoice, timeLimit: Duration): RotationPolicy => ({
  get grace() {
    return choice.strategy === 'single-user' ? 0 : settings.grace
  },
  consumers: [],
  runLife: Math.max(timeLimit, SHORTEST_LIFE),
  cutover: 5 * SECOND,
  replicaLag: 10 * SECOND,
  settle: 0,
  retryBudget: 5,
  idleSessions: 'keep',
  manual: false,
})

class ObservedStore extends StepStore {
  currentSince: Instant | undefined
  pendingSince: Instant | undefined

  override async describe(id: SecretId, call: Call): Promise<SecretState | undefined> {
    const state = await super.describe(id, call)
    // promoting needs labels only, and learns no dates
    if (!state || call.only === 'stages') return state
    this.currentSince = state.current.since
    this.pendingSince = state.pending?.since
    return state
  }

  override async pending(id: SecretId, call: Call): Promise<SecretVersion | undefined> {
    const found = await super.pending(id, call)
    this.pendingSince = found?.createdAt
    return found
  }
}
