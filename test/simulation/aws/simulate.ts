// What is played over the adapter to Secrets Manager, and the bugs that are looked for.

import { type Depth, type Hunted, hunt, publishOf, type Simulated } from '../common/simulate.ts'
import { cells, faultsAt, storeOf } from './cells.ts'
import { type PlantedOnAws, plantedOnAws } from './planted.ts'

/** For every change: no faults beside an edit, one at every few calls elsewhere, and few switches between two processes. */
export const short: Depth = { preemptions: 1, editStride: 0, faultStride: 7 }
export const full: Depth = { preemptions: 2, editStride: 7, pairStride: 211, delays: [2, 7, 30] }
const hunting: Depth = { preemptions: 1, editStride: 5 }

/** Whether a planted bug breaks a promise in one of the cells named for it, and by which schedule. */
export function huntOnAws({ name, subject, where, only = '' }: PlantedOnAws): Promise<Hunted> {
  const looked = cells(subject)
    .filter(cell => where.some(beginning => cell.name.startsWith(beginning)))
    .map(cell => ({ ...cell, scenarios: cell.scenarios?.filter(scenario => scenario.name.includes(only)) ?? [] }))
  return hunt(name, looked, { faultsAt }, hunting)
}

export const aws: Simulated = {
  store: 'aws',
  publish: publishOf(storeOf({})),
  cells: cells(),
  subject: { faultsAt },
  depths: { short, full },
  planted: plantedOnAws.map(bug => ({ ...bug, hunt: () => huntOnAws(bug) })),
}
