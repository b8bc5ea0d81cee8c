/**
 * What a register of leaders brings to its conformance suite, and the bench that the cases work at.
 * @module
 */
import assert from 'node:assert/strict'
import type { Instant } from '../ports/clock.ts'
import type { LeaderRecord, LeaderRegister } from '../ports/leader-register.ts'
import type { Call } from '../ports/secret-store.ts'

export interface RegisterFixture {
  /** Over durable state that holds no record of a secret whose name begins with `suite-`. */
  readonly register: LeaderRegister
  /** The clock that calls are bounded by. */
  now(): Instant
  /** Somebody writes this text into the record's place, by tools of the place's own, and makes it where there is none. */
  write(secret: string, text: string): Promise<unknown>
  /** Another handle on the same durable state. */
  second?(): LeaderRegister | Promise<LeaderRegister>
  /** A handle whose writes are applied, and whose last answer of each change never comes. */
  readonly unanswered?: LeaderRegister
  /** A handle that dies between the two writes of a change. */
  readonly dying?: LeaderRegister
  /** A handle whose next write is on its way, and arrives when it is let go on. */
  held?(): HeldRegister
  /** A handle on the same durable state that may do nothing. */
  readonly denied?: LeaderRegister
  /** A handle on durable state that cannot be reached. */
  readonly unreachable?: LeaderRegister
  close?(): void | Promise<void>
}

export interface HeldRegister {
  readonly register: LeaderRegister
  /** It has looked, and is about to write. */
  readonly reached: Promise<void>
  goOn(): void
}

/** What some registers cannot offer. `dying`: one write makes the whole change. */
export type RegisterFeature = 'second' | 'held' | 'unanswered' | 'dying' | 'denied' | 'unreachable'

export const SECRET = 'suite-app'
/** Long enough for any case, and no timer is made of it. */
const RUN_LIFE_MS = 60_000

export class Bench {
  readonly register: LeaderRegister
  readonly fixture: RegisterFixture

  constructor(fixture: RegisterFixture) {
    this.fixture = fixture
    this.register = fixture.register
  }

  call = (): Call => ({ signal: new AbortController().signal, deadline: this.fixture.now() + RUN_LIFE_MS, run: {} })
  read = (from = this.register) => from.read(SECRET, this.call())
  create = (record: LeaderRecord, at = this.register) => at.create(SECRET, record, this.call())
  swap = (was: LeaderRecord, next: LeaderRecord, at = this.register) => at.swap(SECRET, was, next, this.call())
  write = (text: string) => this.fixture.write(SECRET, text)

  /** A handle that the fixture has said it offers. */
  handle(feature: Exclude<RegisterFeature, 'second' | 'held'>): LeaderRegister {
    const handle = this.fixture[feature]
    assert.ok(handle, `The fixture offers no ${feature}; declare it in \`without\`.`)
    return handle
  }

  async second(): Promise<LeaderRegister> {
    assert.ok(this.fixture.second, 'The fixture offers no second(); declare it in `without`.')
    return this.fixture.second()
  }

  held(): HeldRegister {
    assert.ok(this.fixture.held, 'The fixture offers no held(); declare it in `without`.')
    return this.fixture.held()
  }

  async stands(record: LeaderRecord, in_ = this.register): Promise<void> {
    assert.deepEqual(await this.read(in_), record)
  }

  /** Created, and swapped once: what is there has a history. */
  async swapped(): Promise<this> {
    await this.create(first)
    assert.deepEqual(await this.swap(first, second), second)
    return this
  }
}

export interface Case {
  readonly name: string
  readonly needs: readonly RegisterFeature[]
  readonly check: (bench: Bench) => Promise<void>
}

export const rule = (name: string, check: Case['check'], ...needs: readonly RegisterFeature[]): Case => ({
  name,
  needs,
  check,
})

export const first: LeaderRecord = {
  ...{ epoch: 1, leader: 'eu', since: 0, sequence: 0 },
  ...{ origins: [], former: [], shown: {} },
}
export const second: LeaderRecord = {
  ...first,
  sequence: 1,
  origins: ['0a1b2c3d'],
  shown: { us: { sequence: 1, at: 1_000 } },
}
export const third: LeaderRecord = { ...second, epoch: 2, leader: 'us', since: 2_000, sequence: 2, former: ['eu'] }
export const others: LeaderRecord = { ...third, leader: 'ap', since: 2_001 }
