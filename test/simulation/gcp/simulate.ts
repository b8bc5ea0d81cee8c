// What is played over the adapter to Secret Manager, in one of its modes, and the bugs that are looked for.

import { full, hunt, type Known, namedFor, publishOf, type Simulated, short } from '../common/simulate.ts'
import { gcpCells, type Mode, subjectOf } from './cells.ts'
import { plantedOnGcp } from './planted.ts'

const NAMES: Readonly<Record<Mode, string>> = { alias: 'gcp, `readBy: { alias }`', latest: 'gcp, `readBy: latest`' }

/** Found with the landings of today, by one schedule of all; no engine of ours issues keys yet. */
const known: Readonly<Record<Mode, readonly Known[]>> = {
  alias: [
    {
      strategy: 'issue-then-revoke',
      name: 'emergency within the grace',
      why: 'a key whose issue lands 45 calls later, after the emergency has issued another one, keeps the next rotation from converging',
    },
  ],
  latest: [],
}

export const gcp = (mode: Mode): Simulated => ({
  known: known[mode],
  store: NAMES[mode],
  publish: publishOf(subjectOf(mode)),
  cells: gcpCells(mode),
  subject: subjectOf(mode),
  depths: { short, full },
  planted: plantedOnGcp[mode].map(bug => ({
    name: bug.name,
    hunt: () => hunt(bug.name, namedFor(bug, gcpCells(mode, bug.subject)), subjectOf(mode)),
  })),
})
