/** The engine over the real store and the two fakes; and what goes wrong at one request of many. */
import { DrivenEngine, ID, type Strategy, valueText } from '../driven.ts'
import type { Fault } from '../fakes/azure/key-vault.ts'
import { Place } from './support.ts'

export { DAY, ID, type Strategy } from '../driven.ts'

export class Driven extends Place {
  readonly engine: DrivenEngine

  constructor(strategy: Strategy) {
    super()
    const latest = () => this.vault.service.latestValue(ID)
    this.engine = new DrivenEngine(strategy, { clock: this.clock, store: () => this.store(), latest })
    this.edit(ID, valueText('app', 'first'))
    this.clock.time += 2 * 86_400_000
  }

  get server() {
    return this.engine.server
  }

  get works(): boolean {
    return this.engine.works
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
