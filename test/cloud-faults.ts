/**
 * What goes wrong between Lockstep and a cloud's store, and between it and PostgreSQL, over sockets: the official client, the fake and
 * a real server, each behind a proxy. A rotation is asked for again, as a platform would, until it is done; the promises are looked at
 * after every try.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { isRotationError } from '../core/errors.ts'
import type { VersionId } from '../core/ports/secret-store.ts'
import { retire } from '../core/rotation/retire.ts'
import { rotate } from '../core/rotation/rotate.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { type Driven, openDriven } from '../demo/cloud/driven.ts'
import { configText, type Member, makeLogins } from '../demo/cloud/logins.ts'
import type { Site } from '../demo/cloud/site.ts'
import { loginIn } from '../demo/cloud/stage.ts'
import { timingWith } from '../demo/cloud/timing.ts'
import { byHand } from '../demo/request.ts'
import type { Postgres } from './stand/postgres.ts'
import { startProxy, type TcpProxy } from './stand/proxy.ts'
import { SkippingClock } from './torture/ask.ts'

export const STRATEGIES = ['single-user', 'alternating-users'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** Longer than a rotation lasts on a slow machine, and short enough to wait for. */
const RUN_LIFE = 8_000
const TRIES = 8

/** Plans of a fake; clouds have several. */
interface Plans {
  take(op: string): readonly unknown[]
}

export interface Opened {
  readonly site: Site
  readonly plans: readonly Plans[]
  /** Ports that the configuration names, each of a service. */
  readonly ports: readonly number[]
}

const never = new AbortController().signal
const members: readonly Member[] = STRATEGIES.map(strategy => ({ name: `of-${strategy}`, strategy }))

export class Faulty {
  readonly database: TcpProxy
  readonly services: readonly TcpProxy[]
  readonly server: Postgres
  readonly #opened: Opened
  readonly #clock: SkippingClock
  readonly #driven: Driven

  private constructor(
    parts: Pick<Faulty, 'database' | 'services' | 'server'>,
    opened: Opened,
    clock: SkippingClock,
    driven: Driven,
  ) {
    this.database = parts.database
    this.services = parts.services
    this.server = parts.server
    this.#opened = opened
    this.#clock = clock
    this.#driven = driven
  }

  /** Once for a server: its logins are made here. */
  static async open(server: Postgres, openSite: (clock: SkippingClock) => Promise<Opened>): Promise<Faulty> {
    const clock = new SkippingClock()
    const opened = await openSite(clock)
    await makeLogins(server, opened.site, members)
    const database = await startProxy(server)
    const services = await Promise.all(opened.ports.map(port => startProxy({ host: '127.0.0.1', port })))
    let text = configText({ ...server, port: database.port }, opened.site, members, timingWith(0))
    for (const [n, port] of opened.ports.entries())
      text = text.replaceAll(new RegExp(`:${port}\\b`, 'g'), `:${services[n]!.port}`)
    return new Faulty({ database, services, server }, opened, clock, await openDriven(text, opened.site.ca, clock))
  }

  async close(): Promise<void> {
    await this.#driven.close()
    for (const proxy of [this.database, ...this.services]) await proxy.stop()
    await this.#opened.site.close()
  }

  /** From the nth request on of those that are made after this, so many end with the fault. Answers how many have, and ends it. */
  failFrom(nth: number, fault: unknown, times = Number.POSITIVE_INFINITY, then: () => void = () => {}): () => number {
    let seen = 0
    let taken = 0
    const originals = this.#opened.plans.map(plans => ({ plans, take: plans.take }))
    for (const { plans, take } of originals)
      plans.take = op => {
        seen++
        if (seen < nth || seen >= nth + times) return take.call(plans, op)
        taken++
        then()
        return fault === undefined ? take.call(plans, op) : [fault]
      }
    return () => {
      for (const { plans, take } of originals) plans.take = take
      return taken
    }
  }

  /** The connection of the nth request is half open from then on; others work. */
  halfOpenAt(nth: number): () => number {
    return this.failFrom(nth, undefined, 1, () => {
      const ends = this.services.map(proxy => proxy.stall())
      setTimeout(() => {
        for (const end of ends) end()
      }, 300)
    })
  }

  /**
   * One rotation, to its end. `during` happens while the first try is under way, and is over with it. Answers what the tries
   * ended with, by code.
   */
  async converges(strategy: Strategy, during: () => () => unknown, runLife = RUN_LIFE): Promise<readonly string[]> {
    const { name } = members.find(member => member.strategy === strategy)!
    const setup = await this.#driven.setup(name, runLife)
    await this.#settle(setup)
    const { site } = this.#opened
    const before = site.current(name)
    const failures: string[] = []
    let end: (() => unknown) | undefined = during()
    for (let tries = 0; ; tries++) {
      const began = performance.now()
      // the same delivery, again and again
      const asked = byHand({
        force: false,
        version: before.version as VersionId,
        deadline: this.#clock.now() + runLife,
      })
      const ended = await rotate(setup, asked, never).catch((error: unknown) => error)
      // it stops by itself, whoever does not answer
      expect(performance.now() - began).toBeLessThan(runLife + 3_000)
      end?.()
      end = undefined
      await this.#keepsPromises(setup, strategy)
      if (isRotationError(ended)) failures.push(ended.code)
      else if (ended instanceof Error) throw ended
      const current = site.current(name)
      if (!isRotationError(ended) && current.version !== before.version) break
      expect(tries, failures.join()).toBeLessThan(TRIES)
      this.#clock.offset += runLife
    }
    const after = site.current(name)
    expect(loginIn(after.text).password).not.toBe(loginIn(before.text).password)
    expect(await this.#accepts(after.text)).toBe(true)
    await this.#settle(setup)
    return failures
  }

  /** Something that the store holds logs in; where both are valid, it is what consumers read. */
  async #keepsPromises(setup: RotationSetup, strategy: Strategy): Promise<void> {
    const { site } = this.#opened
    if (await this.#accepts(site.current(setup.id).text)) return
    expect(strategy).toBe('single-user')
    const call = { signal: never, deadline: this.#clock.now() + 10_000, run: {} }
    const state = (await setup.store.describe(setup.id, call))!
    const pending = state.pending && (await setup.store.read(setup.id, { pending: state.pending.rotation }, call))
    expect(pending && pending.value !== 'disabled' && (await this.#accepts(pending.value.reveal()))).toBe(true)
  }

  async #accepts(text: string): Promise<boolean> {
    const { username, password } = loginIn(text)
    const client = await this.server.connect(username, password).catch(() => undefined)
    await client?.end()
    return client !== undefined
  }

  /** The time passes that must pass, and what has to be retired is. */
  async #settle(setup: RotationSetup): Promise<void> {
    for (let tries = 0; ; tries++) {
      this.#clock.offset += 60_000
      const deadline = this.#clock.now() + setup.policy.runLife
      const { outcome } = await retire(setup, byHand({ release: 'sessions', reason: 'a test', deadline }), never)
      if (outcome === 'retired' || outcome === 'nothing-to-retire') break
      expect(tries, outcome).toBeLessThan(TRIES)
      await sleep(50)
    }
    this.#clock.offset += 60_000
  }
}
