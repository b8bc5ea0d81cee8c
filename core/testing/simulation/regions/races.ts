/**
 * Who meets whom: a leader's worker and a fail-over, two workers, two operators.
 * @module
 */
import type { SimulatedStrategy } from '../world.ts'
import type { RegionsAction, RegionsScenario } from './episode.ts'
import type { Meeting } from './meetings.ts'
import { begin, failOverTo, goesOn, next, retirement, rotation } from './scenarios.ts'

const oldLeader = (action: RegionsAction): RegionsAction => ({ ...action, as: 'eu' })
const takeOver = failOverTo('us', true)
const replicate: RegionsAction = { ask: 'replicate' }

/** Up to the moment in which they meet. */
function before(strategy: SimulatedStrategy, name: string, ...script: readonly RegionsAction[]): RegionsScenario {
  return { name: `${strategy}: ${name}`, strategy, script: [begin, ...script] }
}

export function meetings(strategy: SimulatedStrategy): readonly Meeting[] {
  const named = before.bind(undefined, strategy)
  const rotating = oldLeader(rotation)
  const retiring = oldLeader(retirement)
  return [
    {
      scenario: named('a fail-over while the old leader rotates, and goes on'),
      sleeper: rotating,
      meanwhile: [takeOver],
      afterwards: goesOn,
    },
    {
      scenario: named('the old leader’s rotation sleeps through a fail-over and the rotation of the new one'),
      sleeper: rotating,
      meanwhile: [takeOver, ...goesOn],
      afterwards: [next, retirement],
    },
    {
      scenario: named('the old leader’s rotation dies with its region, and a follower takes over'),
      sleeper: rotating,
      meanwhile: [takeOver],
      afterwards: goesOn,
      lost: 'eu',
      dies: true,
    },
    {
      scenario: named('the old leader is cut off in its rotation, and a follower takes over'),
      sleeper: rotating,
      meanwhile: [takeOver],
      afterwards: goesOn,
      lost: 'eu',
    },
    {
      scenario: named('a fail-over and an emergency while the old leader rotates'),
      sleeper: { ...rotating, after: 86_400_000 },
      meanwhile: [takeOver, { ...rotation, as: 'us', emergency: true }],
      afterwards: [retirement],
    },
    {
      scenario: named('a fail-over while the old leader retires, and goes on', rotation),
      sleeper: retiring,
      meanwhile: [takeOver],
      afterwards: goesOn,
    },
    {
      scenario: named(
        'the old leader’s retirement sleeps through a fail-over and the rotation of the new one',
        rotation,
      ),
      sleeper: retiring,
      meanwhile: [takeOver, ...goesOn],
      afterwards: [next, retirement],
    },
    {
      scenario: named('the old leader’s retirement dies with its region, and a follower takes over', rotation),
      sleeper: retiring,
      meanwhile: [takeOver],
      afterwards: goesOn,
      lost: 'eu',
      dies: true,
    },
    {
      scenario: { ...named('two workers rotate at once'), rotations: 1 },
      sleeper: rotation,
      meanwhile: [rotation],
      afterwards: [retirement],
    },
    {
      scenario: { ...named('two workers retire at once', rotation), rotations: 1 },
      sleeper: retirement,
      meanwhile: [{ ask: 'retire' }],
      afterwards: [retirement],
    },
    {
      scenario: { ...named('a rotation, and a repair of the followers'), rotations: 1 },
      sleeper: replicate,
      meanwhile: [rotation, retirement],
      afterwards: [],
    },
    {
      scenario: named('two operators fail over to different followers', rotation),
      sleeper: takeOver,
      meanwhile: [failOverTo('ap', true)],
      afterwards: goesOn,
    },
    {
      scenario: named('a fail-over that was asked for twice', rotation),
      sleeper: takeOver,
      meanwhile: [takeOver],
      afterwards: goesOn,
    },
  ]
}
