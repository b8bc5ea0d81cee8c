// What is simulated over the AWS adapter and the fake service.

import type { Budget } from '../../../core/testing/simulation/explore.ts'
import type { Fault } from '../../../core/testing/simulation/hub.ts'
import type { Pair, Sleep } from '../../../core/testing/simulation/interleave.ts'
import { changeAtTarget, editNote } from '../../../core/testing/simulation/people.ts'
import { pairs as memoryPairs, sleeps as memorySleeps } from '../../../core/testing/simulation/races.ts'
import { scenarios as memoryScenarios, type Scenario } from '../../../core/testing/simulation/scenarios.ts'
import type { SimulatedStrategy, World } from '../../../core/testing/simulation/world.ts'
import {
  type Cell,
  cellsFor,
  faultsOf,
  type Subject as Store,
  soon,
  strategies,
  type Trigger,
  triggerCells,
} from '../common/cells.ts'
import { type Adapter, AwsBackend, type BackendOptions } from './backend.ts'
import type { RunStep } from './drive.ts'
import { drivenPairs, drivenScenarios, drivenSleeps } from './driven.ts'
import { changeAtTargetOnAws, keepsNote } from './people.ts'
import { recordIsSound } from './record.ts'

/** What is under test; planted bugs replace parts of it. */
export interface Subject {
  readonly adapter?: Adapter
  readonly step?: RunStep
}

/** Scenarios of several strategies; played as a cell for each. */
interface Group {
  readonly name: string
  readonly scenarios?: readonly Scenario[]
  readonly pairs?: readonly Pair[]
  readonly sleeps?: readonly Sleep[]
  readonly budget?: Budget
  readonly long?: boolean
}

/** Each request is met by what can happen to it: a read has nothing to lose, and an old answer. */
const faultsOfRequests = faultsOf(/^$/, /^aws\.(Describe|Get|List)/)

export const faultsAt = (call: string): readonly Fault[] =>
  call === 'clock.sleep' ? ['die-before', 'failed'] : faultsOfRequests(call)

type Storeless = Pick<Scenario, 'world'>

const on =
  (subject: Subject, options: BackendOptions = {}) =>
  <T extends Storeless>(scenario: T): T => ({
    ...scenario,
    world: {
      ...scenario.world,
      store: clock => new AwsBackend(clock, { ...options, ...(subject.adapter && { adapter: subject.adapter }) }),
    },
  })

const named = (...parts: RegExp[]): Scenario[] =>
  memoryScenarios
    .filter(({ name, strategy }) => strategy !== 'issue-then-revoke' && parts.some(part => part.test(name)))
    .map(scenario => ({ ...scenario, script: scenario.script.map(unhurried) }))

/** A read may be a while old: whoever asks sooner than that may be refused with a reason that is gone. */
const unhurried = (action: Scenario['script'][number]): typeof action =>
  action.after === 1_000 ? { ...action, after: 5_000 } : action

const keptAndSound = (world: World): void => {
  keepsNote('edited')(world)
  recordIsSound(world)
}

/** How many rotations there are depends on the edit. */
const forgetful = ({ rotations: _, ...scenario }: Scenario): Scenario => scenario

/** The port to the store, as it is on every store that is a service. */
export function storeOf({ adapter }: Subject): Store {
  const options = adapter ? { adapter } : {}
  return {
    store: clock => new AwsBackend(clock, options),
    lagging: clock => new AwsBackend(clock, { ...options, lag: 1_000 }),
    faultsAt,
    foreign: true,
    says: 'failed',
    atRest: recordIsSound,
  }
}

export const cells = (subject: Subject = {}): readonly Cell[] => [
  ...groups(subject).flatMap(group => strategies.flatMap(strategy => cellOf(group, strategy))),
  ...strategies.flatMap(strategy => cellsFor(strategy, storeOf(subject)).filter(isMissing)),
  ...strategies.flatMap(strategy => triggerCells(strategy, storeOf(subject))),
]

/** What the groups do not have. */
const isMissing = ({ strategy, trigger }: Cell): boolean =>
  strategy === 'issue-then-revoke' || trigger === 'a later request'

function cellOf(group: Group, strategy: SimulatedStrategy): readonly Cell[] {
  const { name, scenarios = [], pairs = [], sleeps = [] } = group
  const trigger: Trigger =
    pairs.length + sleeps.length > 0
      ? 'two at once'
      : name.startsWith('driven')
        ? 'Secrets Manager, step by step'
        : 'the request again'
  const own = {
    scenarios: scenarios.filter(scenario => scenario.strategy === strategy),
    pairs: pairs.filter(({ scenario }) => scenario.strategy === strategy),
    sleeps: sleeps.filter(({ scenario }) => scenario.strategy === strategy),
  }
  const played = Object.values(own).some(({ length }) => length > 0)
  return played ? [{ ...group, ...own, strategy, trigger, paired: true }] : []
}

function groups(subject: Subject): readonly Group[] {
  const fake = on(subject)
  const driven = drivenScenarios(subject.step)
  const twice = named(/: two rotations$/)
  return [
    { name: 'self-driven: two rotations', scenarios: twice.map(fake) },
    { name: 'self-driven: rollback and forward again', scenarios: named(/rollback/).map(fake), budget: soon },
    { name: 'self-driven: emergency within the grace', scenarios: named(/emergency/).map(fake), budget: soon },
    {
      name: 'self-driven: asked again, retired early, a reader that lags, time to settle',
      scenarios: named(/asked again/, /retired early/, /reader/, /settle/).map(fake),
      long: true,
    },
    {
      name: 'self-driven: values that are refused or may do nothing, brought, by an administrator, somebody else’s',
      scenarios: named(/refuses/, /may do nothing/, /brings/, /administrator/, /somebody/).map(fake),
    },
    {
      name: 'self-driven: people edit',
      scenarios: [...named(/edits the note/), ...named(/asked again/).map(s => ({ ...s, meanwhile: editNote }))].map(
        s => fake({ ...forgetful(s), atRest: keptAndSound }),
      ),
    },
    {
      name: 'self-driven: people change passwords, restore, copy',
      scenarios: named(/changes the password$/, /restored/, /copy/, /edited to/, /changed at/, /evicted by/)
        .filter(s => s.meanwhile)
        .map(s => fake(s.meanwhile === changeAtTarget ? { ...s, meanwhile: changeAtTargetOnAws } : s)),
    },
    {
      name: 'the SDK repeats what was not answered',
      scenarios: [...twice, ...driven.twice].map(on(subject, { attempts: 3 })),
    },
    {
      name: 'every read is a second old',
      scenarios: [...twice, ...driven.twice].map(on(subject, { lag: 1_000 })),
      long: true,
    },
    { name: 'driven: two rotations', scenarios: driven.twice.map(fake) },
    { name: 'driven: AWSPENDING stays on what was promoted', scenarios: driven.leftOn.map(fake) },
    { name: 'driven: values that are refused or may do nothing', scenarios: driven.values.map(fake) },
    { name: 'driven: people edit', scenarios: driven.edits.map(fake) },
    { name: 'driven: people change passwords, copy, put elsewhere', scenarios: driven.people.map(fake) },
    { name: 'driven: CancelRotateSecret', scenarios: driven.cancels.map(fake) },
    { name: 'driven: a template has begun', scenarios: driven.templates.map(fake) },
    { name: 'driven: what a template left is not usable', scenarios: driven.foreign.map(fake) },
    {
      name: 'self-driven: two at once',
      pairs: memoryPairs
        .filter(({ scenario }) => scenario.strategy !== 'issue-then-revoke')
        .map(pair => ({ ...pair, scenario: fake(pair.scenario) })),
    },
    {
      name: 'self-driven: sleepers',
      sleeps: memorySleeps
        .filter(({ scenario }) => scenario.strategy !== 'issue-then-revoke')
        .map(sleep => ({ ...sleep, scenario: fake(sleep.scenario) })),
    },
    {
      name: 'driven: sleepers',
      sleeps: drivenSleeps(subject.step).map(sleep => ({ ...sleep, scenario: fake(sleep.scenario) })),
    },
    {
      name: 'driven: two drivers with one token, or one beside the command line',
      pairs: drivenPairs(subject.step).map(pair => ({ ...pair, scenario: fake(pair.scenario) })),
    },
  ]
}
