// Which processes are claiming a retirement at this moment. In memory that is one call; here it is several, and what a person
// does at the target between them is as little protected as after them.

import type { SecretStore } from '../../../core/ports/secret-store.ts'
import type { Worker } from '../../../core/testing/simulation/hub.ts'

export class Claims {
  readonly #claiming = new Set<Worker>()

  get underWay(): boolean {
    return [...this.#claiming].some(worker => !worker.dead)
  }

  /** The port of one process, watched. */
  watched(store: SecretStore, worker: Worker): SecretStore {
    return new Proxy(store, {
      get: (inner, property) => {
        const member = Reflect.get(inner, property, inner) as unknown
        if (typeof member !== 'function') return member
        if (property !== 'claimRetire') return member.bind(inner) as unknown
        return async (...args: Parameters<SecretStore['claimRetire']>) => {
          this.#claiming.add(worker)
          try {
            await inner.claimRetire(...args)
          } finally {
            this.#claiming.delete(worker)
          }
        }
      },
    })
  }
}
