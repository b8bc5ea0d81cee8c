/**
 * Which sentences of the store port are not kept where, and why: one table for the test suites, the report and the
 * documentation. A gap that has closed fails until it is struck off here.
 * @module
 */
import type { StoreConfig } from '../core/config/types.ts'

export type StoreKind = StoreConfig['kind'] | 'memory'

export interface Gap {
  readonly store: StoreKind
  /** Where, if it is the server and not the store: `moto`. Absent: everywhere. */
  readonly server?: string
  readonly reason: string
  /** Names of cases. */
  readonly cases: readonly string[]
}

const EMPTY = ['values: empty comes back as it was put']

export const gaps: readonly Gap[] = [
  { store: 'aws', reason: 'A value of Secrets Manager has at least one byte.', cases: EMPTY },
  { store: 'gcp', reason: 'Secret Manager refuses an empty payload.', cases: EMPTY },
  {
    store: 'aws',
    server: 'moto',
    reason: 'moto cuts dates to whole seconds, so versions of one second have no order.',
    cases: ['unlabelled: newest first', 'unlabelled: at most `limit`, the newest'],
  },
  {
    store: 'aws',
    server: 'moto',
    reason: 'moto attaches a label without RemoveFromVersionId although another version has it.',
    cases: [
      'putPending: of many rotations at once, exactly one is pinned',
      'discardPending: one that lands late, after another run went on, is `stale`',
      'claimRetire: of many at once, exactly one run has it',
    ],
  },
  {
    store: 'aws',
    server: 'moto',
    reason: 'On moto two versions hold AWSCURRENT after a put that follows a move.',
    cases: [
      'promote: a repeat after a person edited current is `stale`, and the edit stays',
      'retirePrevious: what was ended stays ended after a person’s edit',
      'edit: consumers read it at once',
      'edit: is an anomaly once a rotation had left another current',
      'edit: a rotation from it ends the anomaly',
    ],
  },
]

/** Cases whose outcome is chance on a server: neither kept nor a gap. */
export const leftToChance: readonly Gap[] = [
  {
    store: 'aws',
    server: 'moto',
    reason:
      'moto overwrites a pending value that is put again with its token; whether a race of eight shows it is chance.',
    cases: ['putPending: of many at once with one rotation, all are answered one value'],
  },
  {
    store: 'aws',
    server: 'moto',
    reason: 'moto does not date the move of a label; whether a second ends just then is chance.',
    cases: [
      'claimRetire: is described, never too early',
      'note: `setAt` is kept with the pending version and goes with it',
    ],
  },
]

const at = (table: readonly Gap[], store: StoreKind, server: string): readonly string[] =>
  table
    .filter(gap => gap.store === store && (gap.server === undefined || gap.server === server))
    .flatMap(({ cases }) => cases)

export const knownGaps = (store: StoreKind, server: string): readonly string[] => at(gaps, store, server)
export const chanceCases = (store: StoreKind, server: string): readonly string[] => at(leftToChance, store, server)
