/** The engine over the real store and the fake; and what goes wrong at one request of many. */
import { Requests } from '../../gcp/requests.ts'
import { GcpSecretStore, type ReadBy } from '../../gcp/secret-store.ts'
import { DAY, DrivenEngine, ID, type Strategy, valueText } from '../driven.ts'
import type { Fault } from '../fakes/gcp/secret-manager.ts'
import { undisturbed } from '../simulation/common/ask.ts'
import { clientOf } from '../simulation/gcp/wire.ts'
import { Place } from './support.ts'

export { DAY, ID, type Strategy } from '../driven.ts'

export class Driven extends Place {
  readonly engine: DrivenEngine
  readonly readBy: ReadBy
  /** That of the simulator, which tells the adapter what the official one does, ten times as fast. */
  readonly #client = clientOf({ fake: this.fake, ask: undisturbed })

  constructor(strategy: Strategy, readBy: ReadBy) {
    super()
    this.readBy = readBy
    this.engine = new DrivenEngine(strategy, {
      clock: this.clock,
      store: () => this.opened(),
      latest: () => this.consumed,
    })
    const aliases = readBy === 'latest' ? [] : [readBy.alias]
    this.fake.service.createSecret({ id: ID, value: valueText('app', 'first'), aliases })
    this.clock.time += 2 * DAY
  }

  /** As a new process opens it. */
  opened(): GcpSecretStore {
    const requests = new Requests(this.#client, this.clock, { project: this.fake.projectId })
    return new GcpSecretStore(requests, this.clock, this.readBy)
  }

  /** What consumers read, whatever a read shows. */
  get consumed(): string {
    const { aliases, versions } = this.fake.service.peek(ID)
    const number = this.readBy === 'latest' ? Math.max(...versions.keys()) : aliases[this.readBy.alias]!
    return versions.get(number)!.value!
  }

  get works(): boolean {
    return this.engine.works
  }

  /** By operation; of the secret beside it: `AddSecretVersion(sibling)`. */
  calls(): string[] {
    return this.fake.calls.list.map(
      ({ op, resource }) => `${op}${/-lockstep-pending/.test(resource ?? '') ? '(sibling)' : ''}`,
    )
  }

  /** What happens to the nth request from now on, and to those after it. Answers how many there were, and ends it. */
  at(nth: number, fault: Fault, after?: Fault): () => number {
    const { faults } = this.fake
    const { take } = faults
    let seen = 0
    faults.take = () => {
      seen++
      if (seen === nth) return [fault]
      return seen > nth && after ? [after] : []
    }
    return () => {
      faults.take = take
      return seen
    }
  }
}
