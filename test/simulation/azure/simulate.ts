// What is played over the adapter to Key Vault, and the bugs that are looked for.

import { full, hunt, namedFor, publishOf, type Simulated, short } from '../common/simulate.ts'
import { azureCells, subjectOf } from './cells.ts'
import { plantedOnAzure } from './planted.ts'

export const azure: Simulated = {
  store: 'azure',
  publish: publishOf(subjectOf()),
  cells: azureCells(),
  subject: subjectOf(),
  depths: { short, full },
  planted: plantedOnAzure.map(bug => ({
    name: bug.name,
    hunt: () => hunt(bug.name, namedFor(bug, azureCells(bug.subject)), subjectOf()),
  })),
}
