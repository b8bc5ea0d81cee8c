// What is simulated over every store that is a service: the scenarios, pairs and sleepers of the store in memory, by strategy.

import type { Budget } from '../../../core/testing/simulation/explore.ts'
import type { Fault } from '../../../core/testing/simulation/hub.ts'
import type { Pair, Sleep } from '../../../core/testing/simulation/interleave.ts'
import { pairs, sleeps } from '../../../core/testing/simulation/races.ts'
import { type Scenario, scenarios } from '../../../core/testing/simulation/scenarios.ts'
import type { SimulatedStore } from '../../../core/testing/simulation/store.ts'
import type { SimulatedStrategy, World, WorldOptions } from '../../../core/testing/simulation/world.ts'
import { keepsNote } from './people.ts'
import { moreSleeps } from './sleeps.ts'
import { type Says, triggered, triggeredAtOnce } from './triggers.ts'

/** Who asks: one request that is delivered again until it is done, another one each time, what a cloud has, or two at once. */
export type Trigger =
  | 'the request again'
  | 'a later request'
  | 'a schedule that sweeps'
  | 'items of the queue'
  | 'events'
  | 'Secrets Manager, step by step'
  | 'two at once'

export interface Cell {
  readonly strategy: SimulatedStrategy
  readonly trigger: Trigger
  readonly name: string
  readonly scenarios?: readonly Scenario[]
  readonly pairs?: readonly Pair[]
  readonly sleeps?: readonly Sleep[]
  readonly budget?: Budget
  /** Left out of the short run. */
  readonly long?: boolean
  /** Pairs of faults are played where they are not everywhere. */
  readonly paired?: boolean
}

type MakeStore = NonNullable<WorldOptions['store']>

/** What the cells need to know of a store. */
export interface Subject {
  readonly store: (clock: Parameters<MakeStore>[0]) => SimulatedStore
  /** The same, but for reads, which show the state of a second ago. */
  readonly lagging: (clock: Parameters<MakeStore>[0]) => SimulatedStore
  readonly faultsAt: (call: string) => readonly Fault[]
  /** Somebody else’s pending version can be told from ours. */
  readonly foreign: boolean
  /** What its events say. */
  readonly says: Says
  /** What else the store promises, once nothing is under way. */
  readonly atRest: (world: World) => void
}

/** Reads have no effect that could be lost, and may have an old answer. */
export function faultsOf(reads: RegExp, old: RegExp): (call: string) => readonly Fault[] {
  return call => {
    if (old.test(call)) return ['die-before', 'failed', 'stale', 'older']
    if (reads.test(call)) return ['die-before', 'failed']
    if (/^(aws|gcp|azure)\./.test(call)) return ['die-before', 'die-after', 'lost', 'failed', 'dropped', 'late']
    if (/^(audit\.write|target\.(set|end|issue|revoke))$/.test(call))
      return ['die-before', 'die-after', 'lost', 'failed', 'late']
    return call === 'clock.sleep' ? ['die-before'] : ['die-before', 'failed']
  }
}

export const strategies: readonly SimulatedStrategy[] = [
  'single-user',
  'alternating-users',
  'dual-password',
  'issue-then-revoke',
]

export const cellsOf = (subject: Subject): readonly Cell[] =>
  strategies.flatMap(strategy => [...cellsFor(strategy, subject), ...triggerCells(strategy, subject)])

/** What may follow at once is met by whatever lands late from before. */
export const soon: Budget = { delays: [2, 7, 17, 23, 30, 45] }

/** The same scenario over another store. */
const over =
  (subject: Subject, store: MakeStore = subject.store) =>
  (scenario: Scenario): Scenario => ({
    ...scenario,
    world: { ...scenario.world, store },
    atRest: world => {
      scenario.atRest?.(world)
      subject.atRest(world)
    },
  })

/** What a cloud starts runs by. */
export function triggerCells(strategy: SimulatedStrategy, subject: Subject): readonly Cell[] {
  const fresh = over(subject)
  const { sweep, queue, event } = triggered(strategy, subject.says)
  const cell = (trigger: Trigger, scenario: Scenario): Cell => ({
    ...{ strategy, trigger, name: 'two rotations' },
    ...{ scenarios: [fresh(scenario)], paired: true },
  })
  return [
    cell('a schedule that sweeps', sweep),
    cell('items of the queue', queue),
    cell('events', event),
    {
      ...{ strategy, trigger: 'two at once', name: 'sweeps, items and events, every interleaving' },
      pairs: triggeredAtOnce(strategy, subject.says).map(pair => ({ ...pair, scenario: fresh(pair.scenario) })),
    },
  ]
}

/** What somebody asks for, again and again. */
export function cellsFor(strategy: SimulatedStrategy, subject: Subject): readonly Cell[] {
  const [fresh, lagging] = [over(subject), over(subject, subject.lagging)]
  const named = (...parts: RegExp[]) =>
    scenarios
      .filter(each => each.strategy === strategy && parts.some(part => part.test(each.name)))
      .map(each => fresh({ ...each, script: each.script.map(unhurried) }))
  const again = (name: string, ...parts: RegExp[]): Cell => ({
    ...{ strategy, trigger: 'the request again', name },
    scenarios: named(...parts),
  })
  const kept = keepsNote('edited')
  const edits = scenarios
    .filter(each => each.strategy === strategy && /edits the note/.test(each.name))
    .map(each => fresh({ ...each, atRest: kept }))
  const people = named(
    /changes the password$/,
    /restored/,
    /copy/,
    /edited to/,
    /changed at/,
    /revoked by/,
    /evicted by/,
  )
  const cells: Cell[] = [
    { ...again('two rotations', /: two rotations$/), paired: true },
    {
      ...again('two rotations, each request a new one', /: two rotations$/),
      trigger: 'a later request',
      budget: { newTokens: [true] },
    },
    { ...again('emergency within the grace', /emergency/), budget: soon },
    { ...again('rollback and forward again', /rollback/), budget: soon },
    {
      ...again('asked again, retired early, a reader that lags, time to settle', /asked/, /early/, /reader/, /settle/),
      long: true,
    },
    again(
      'values that are refused, or may do nothing, or are brought',
      /refuses/,
      /may do/,
      /brings/,
      /admin/,
      /tags/,
      /second password/,
    ),
    {
      ...again('somebody else’s pending version'),
      scenarios: subject.foreign ? named(/somebody else’s pending/).map(longAgo) : [],
    },
    { ...again('people edit'), scenarios: edits },
    {
      ...again('people change passwords, restore, copy, revoke'),
      scenarios: people.filter(each => each.meanwhile),
    },
    { ...again('every read is a second old'), scenarios: named(/: two rotations$/).map(lagging) },
    {
      ...{ strategy, trigger: 'two at once', name: 'every interleaving' },
      pairs: pairs
        .filter(({ scenario }) => scenario.strategy === strategy)
        .map(pair => ({ ...pair, scenario: fresh(pair.scenario) })),
    },
    {
      ...{ strategy, trigger: 'two at once', name: 'one sleeps through what others do' },
      sleeps: [...sleeps, ...moreSleeps]
        .filter(({ scenario }) => scenario.strategy === strategy)
        .map(each => ({ ...each, scenario: fresh(each.scenario) })),
    },
  ]
  return cells.filter(({ scenarios, pairs, sleeps }) => scenarios?.length || pairs?.length || sleeps?.length)
}

/** What somebody has put there is older than any read. */
const longAgo = (scenario: Scenario): Scenario => ({
  ...scenario,
  given: world => {
    scenario.given?.(world)
    world.clock.advance(60_000)
  },
})

/** A read may be a while old: whoever asks sooner than that may be refused with a reason that is gone. */
const unhurried = (action: Scenario['script'][number]): typeof action =>
  action.after === 1_000 ? { ...action, after: 5_000 } : action
