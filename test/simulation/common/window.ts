// The one call that some stores cannot fence: a publication lands on whatever is current by then. A process that has looked at
// current directly before has done what can be done; what it overwrites all the same is the store's documented weakness. One
// that has not looked gets no excuse.

export interface Version {
  readonly id: string | number
  readonly value: string
}

export class PublishWindow {
  /** What the world has met; undefined: nothing. */
  weakness: string | undefined
  readonly #says: string

  constructor(says: string) {
    this.#says = says
  }

  /** One process. */
  eyes(): Eyes {
    return new Eyes(() => {
      this.weakness = this.#says
    })
  }
}

/** Requests that may lie between the look and the publication: the pending value is read, or what was published late. */
const NEAR = 2

class Eyes {
  #seen: string | number | undefined
  #since = 0
  readonly #hit: () => void

  constructor(hit: () => void) {
    this.#hit = hit
  }

  /** Any request. */
  asks(): void {
    this.#since++
  }

  /** The newest version was looked at, and this one was shown. */
  looks(newest: string | number | undefined): void {
    this.#seen = newest
    this.#since = 0
  }

  /** A publication is sent; the answer tells its landing: the versions of that moment, oldest first. */
  publishes(value: string): (versions: readonly Version[]) => void {
    const [seen, near] = [this.#seen, this.#since <= NEAR + 1]
    return versions => {
      const at = versions.findIndex(({ id }) => id === seen)
      if (near && versions.slice(at + 1).some(version => version.value !== value)) this.#hit()
    }
  }
}
