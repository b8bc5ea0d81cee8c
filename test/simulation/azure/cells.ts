// What is simulated over the adapter to Key Vault and the fake services.

import type { World } from '../../../core/testing/simulation/world.ts'
import { type Cell, cellsOf, faultsOf, type Subject } from '../common/cells.ts'
import { type Adapter, AzureBackend } from './backend.ts'

const faultsAt = faultsOf(
  /^azure\.(GetSecret\(version\)|GetDeletedSecret|GetBlob|ListBlobs)/,
  /^azure\.(GetSecret|GetSecretVersions)(\(sibling\))?$/,
)

/** `adapter`: planted bugs replace parts of it. */
export function subjectOf(adapter?: Adapter): Subject {
  const options = adapter ? { adapter } : {}
  return {
    store: clock => new AzureBackend(clock, options),
    lagging: clock => new AzureBackend(clock, { ...options, lag: 1_000 }),
    faultsAt,
    foreign: true,
    says: 'version',
    atRest: carriesOver,
  }
}

export const azureCells = (adapter?: Adapter): readonly Cell[] => cellsOf(subjectOf(adapter))

function carriesOver(world: World): void {
  const { repeats, isCarried } = world.store as AzureBackend
  if (repeats.seen) world.violate('P3', 'a value was set again without a look')
  if (!world.edited && !isCarried) world.violate('P4', 'tags or content type were dropped')
}
