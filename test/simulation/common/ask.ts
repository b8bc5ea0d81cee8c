// Requests of a simulated process: each goes through the hub, which numbers it and meets it with faults. A request of a process
// that has died is never answered.

import type { Fault, Hub, Worker } from '../../../core/testing/simulation/hub.ts'

export interface Sent<T> {
  /** `gcp.AddSecretVersion`. */
  readonly name: string
  readonly effect: () => Promise<T>
  /** The answer out of the state of so many milliseconds ago; absent: always the newest. */
  readonly old?: (age: number) => Promise<T>
  readonly changes: boolean
}

export type Ask = <T>(sent: Sent<T>) => Promise<T>

/** A moment: what the call before has written is not seen. A while: what the run before has written is not seen. */
const AGE: { readonly [fault in Fault]?: number } = { stale: 8, older: 1_500 }

/** What is without an answer takes effect before `deadline` or never. */
export function asking(hub: Hub, worker: Worker, deadline: number): Ask {
  const gone = worker.died.then((): never => {
    throw Object.assign(new Error('The process has ended.'), { name: 'AbortError' })
  })
  gone.catch(() => undefined)
  return ({ name, effect, old, changes }) => {
    const otherwise = {
      later: () => ({ effect, deadline }),
      changes,
      ...(old && { old: (fault: Fault) => old(AGE[fault] ?? 0) }),
    }
    return Promise.race([hub.call(worker, 'service', name, effect, otherwise), gone])
  }
}

/** Nobody disturbs it. */
export const undisturbed: Ask = ({ effect }) => effect()
