// What is played over the adapter to Secret Manager, in one of its modes, and the bugs that are looked for.

import { full, hunt, namedFor, publishOf, type Simulated, short } from '../common/simulate.ts'
import { gcpCells, type Mode, subjectOf } from './cells.ts'
import { plantedOnGcp } from './planted.ts'

const NAMES: Readonly<Record<Mode, string>> = { alias: 'gcp, `readBy: { alias }`', latest: 'gcp, `readBy: latest`' }

export const gcp = (mode: Mode): Simulated => ({
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
