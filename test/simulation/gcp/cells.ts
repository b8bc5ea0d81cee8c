// What is simulated over the adapter to Secret Manager and the fake service, in both modes.

import type { World } from '../../../core/testing/simulation/world.ts'
import { type Cell, cellsOf, faultsOf, type Subject } from '../common/cells.ts'
import { type Adapter, byAlias, GcpBackend } from './backend.ts'

export type Mode = 'alias' | 'latest'
export const modes: readonly Mode[] = ['alias', 'latest']

const faultsAt = faultsOf(/^gcp\.Access/, /^gcp\.(Get|List)/)

/** `adapter`: planted bugs replace parts of it. */
export function subjectOf(mode: Mode, adapter?: Adapter): Subject {
  const options = { readBy: mode === 'latest' ? ('latest' as const) : byAlias, ...(adapter && { adapter }) }
  return {
    store: clock => new GcpBackend(clock, options),
    lagging: clock => new GcpBackend(clock, { ...options, lag: 1_000 }),
    faultsAt,
    // A version that no alias names, and one of the sibling that the record does not name, are nobody's pending.
    foreign: false,
    says: 'since',
    atRest: addsOnce,
  }
}

export const gcpCells = (mode: Mode, adapter?: Adapter): readonly Cell[] => cellsOf(subjectOf(mode, adapter))

const addsOnce = (world: World): void => {
  if ((world.store as GcpBackend).repeats.seen) world.violate('P3', 'a value was added again without a look')
}
