/** What the tests of this folder share: time that they move, and a source that they rotate. */
import type { ClientClock } from '../../core/client/clock.ts'
import type { SecretSource, SourceVersion, Which } from '../../core/client/secret-source.ts'
import { createSecrets, type Secrets, type SecretsOptions } from '../../core/client/secrets.ts'

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** Lets everything run that waits for no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
}

export class ManualClock implements ClientClock {
  #now = 1_000_000
  readonly #sleepers = new Set<Sleeper>()
  now = (): number => this.#now

  sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const sleeper: Sleeper = { until: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', () => this.#sleepers.delete(sleeper) && reject(signal.reason), { once: true })
    })

  idle = this.sleep

  get sleeping(): number {
    return this.#sleepers.size
  }

  /** Everybody wakes at his time, in order, and does what he wakes for before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const next = [...this.#sleepers].sort((a, b) => a.until - b.until)[0]
      if (next === undefined || next.until > end) break
      this.#now = Math.max(this.#now, next.until)
      this.#sleepers.delete(next)
      next.wake()
    }
    this.#now = end
    await settle()
  }

  jump(ms: number): void {
    this.#now += ms
  }
}

/** A store in memory, whose reads are counted, held back, or made to fail. */
export class MemorySource implements SecretSource {
  readonly versions: string[] = []
  reads = 0
  freshReads = 0
  previousReads = 0
  /** At one time. */
  most = 0
  failure: unknown
  /** Whether it says what was current before. */
  tellsPrevious = false
  #inFlight = 0
  #held: Promise<void> | undefined
  #letGo: () => void = () => {}

  constructor(...values: string[]) {
    for (const value of values) this.rotate(value)
  }

  rotate(value: string): void {
    this.versions.push(value)
  }

  hold(): void {
    this.#held = new Promise(resolve => {
      this.#letGo = resolve
    })
  }

  release(): void {
    this.#letGo()
    this.#held = undefined
  }

  async read(_name: string, which: Which, { fresh }: { fresh: boolean }): Promise<SourceVersion | undefined> {
    if (which === 'previous') return this.#previous()
    this.reads++
    if (fresh) this.freshReads++
    this.most = Math.max(this.most, ++this.#inFlight)
    try {
      // What the answer will be is decided when the question arrives.
      const answer = this.#version(this.versions.length - 1)
      const { failure } = this
      await this.#held
      if (failure !== undefined) throw failure
      return answer
    } finally {
      this.#inFlight--
    }
  }

  #previous(): SourceVersion | undefined {
    this.previousReads++
    return this.tellsPrevious ? this.#version(this.versions.length - 2) : undefined
  }

  #version(index: number): SourceVersion | undefined {
    const value = this.versions[index]
    return value === undefined ? undefined : { value, version: `v${index + 1}` }
  }
}

export const login = (username: string, password: string): string => JSON.stringify({ username, password })

export interface Stage {
  readonly clock: ManualClock
  readonly source: MemorySource
  readonly secrets: Secrets
}

/** Chance is in the middle, unless said otherwise. */
export function stage(options: Partial<SecretsOptions> = {}, source = new MemorySource(login('app', 'one'))): Stage {
  const clock = new ManualClock()
  return { clock, source, secrets: createSecrets({ source, clock, random: () => 0.5, ...options }) }
}
