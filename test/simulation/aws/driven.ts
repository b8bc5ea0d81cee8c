// Rotations that Secrets Manager drives, as scenarios.

import type { Pair, Sleep } from '../../../core/testing/simulation/interleave.ts'
import {
  changeAtTarget,
  copyPending,
  copyPrevious,
  editNote,
  editPassword,
} from '../../../core/testing/simulation/people.ts'
import { type Action, firstValue, type Scenario } from '../../../core/testing/simulation/scenarios.ts'
import type { SimulatedStrategy, World } from '../../../core/testing/simulation/world.ts'
import { type DriveOptions, drive, type RunStep } from './drive.ts'
import { cancel, doctor, finishByHand, keepsNote, leaveAsTemplate, passes, putElsewhere, untouched } from './people.ts'

type Strategy = Exclude<SimulatedStrategy, 'issue-then-revoke'>
const strategies: readonly Strategy[] = ['single-user', 'alternating-users', 'dual-password']

/** The login that the next version names. */
const nextLogin = (strategy: Strategy): string => (strategy === 'alternating-users' ? 'app_b' : 'app')
const DAY = 86_400_000
const GRACE = 61_000
const MATURE = 100_000

type More = Partial<Omit<Scenario, 'name' | 'strategy' | 'script'>>

const scenario = (strategy: Strategy, name: string, script: readonly Action[], more: More = {}): Scenario => ({
  name: `${strategy}: ${name}`,
  strategy,
  world: {},
  script,
  ...more,
})

const each = (name: string, script: readonly Action[], more: More = {}): Scenario[] =>
  strategies.map(strategy => scenario(strategy, name, script, more))

export function drivenScenarios(step?: RunStep) {
  const driven = (more: DriveOptions = {}) => drive({ ...(step && { step }), ...more })
  const later = (more: DriveOptions = {}): Action => ({ ...driven(more), after: DAY })
  const twice = [driven(), later()]
  return {
    twice: [
      ...each('driven twice', twice, { rotations: 2 }),
      scenario('alternating-users', 'driven, ended by hand, driven', [driven(), retire, later()], { rotations: 2 }),
      scenario('dual-password', 'driven, ended by hand, driven', [driven(), retire, later()], { rotations: 2 }),
      scenario('single-user', 'driven, with a reader that lags', twice, {
        world: { lag: 2_000, policy: { replicaLag: 5_000 } },
        rotations: 2,
      }),
    ],
    leftOn: each(
      'driven twice, and AWSPENDING stays',
      [driven({ cleanPending: false }), later({ cleanPending: false })],
      { rotations: 2 },
    ),
    values: [
      ...each('driven, and the first value is refused', twice, {
        given: world => {
          world.server.rejects = firstValue
        },
      }),
    ],
    edits: each('driven, and the note is edited', twice, { meanwhile: editNote, atRest: keepsNote('edited') }),
    people: [
      ...each('driven, and the password is changed', twice, { meanwhile: editPassword }),
      ...each('driven, and a version is put elsewhere', twice, { meanwhile: putElsewhere }),
      scenario('alternating-users', 'driven, and current becomes a copy of previous', twice, {
        meanwhile: copyPrevious,
      }),
      scenario('alternating-users', 'driven, and current becomes a copy of pending', twice, { meanwhile: copyPending }),
      scenario('alternating-users', 'driven, and the live password is changed', [driven()], {
        meanwhile: changeAtTarget,
      }),
    ],
    cancels: each('driven and cancelled, finished by hand', [driven({ cancellable: true }), finishByHand], {
      meanwhile: cancel,
    }),
    templates: [
      ...[false, true].flatMap(set => [
        scenario('single-user', `a template has put, ${set ? 'and set' : 'not set'}`, twice, {
          given: world => leaveAsTemplate(world, { set, username: 'app' }),
          rotations: 2,
        }),
        scenario('alternating-users', `a template has put, ${set ? 'and set' : 'not set'}`, twice, {
          given: world => leaveAsTemplate(world, { set, username: 'app_b' }),
          rotations: 2,
        }),
      ]),
      // No template knows of two passwords.
      ...strategies
        .filter(strategy => strategy !== 'dual-password')
        .map(strategy =>
          scenario(strategy, 'a template has put and set, and the note is edited', twice, {
            given: world => leaveAsTemplate(world, { set: true, username: nextLogin(strategy) }),
            meanwhile: editNote,
            atRest: keepsNote('edited'),
          }),
        ),
    ],
    foreign: [
      scenario('single-user', 'what is pending names another login', [{ ...driven({ refused: true }) }], {
        given: world => leaveAsTemplate(world, { set: false, username: 'somebody-else' }),
        rotations: 0,
        atRest: untouched(),
      }),
      ...strategies.map(strategy =>
        scenario(strategy, 'what is pending was made from an older value', [driven({ refused: true })], {
          given: world => {
            leaveAsTemplate(world, { set: false, username: nextLogin(strategy), note: 'older' })
          },
          rotations: 0,
          atRest: untouched(),
        }),
      ),
    ],
  }
}

/** An invocation that sleeps while the service gives its rotation up and runs another one. */
export function drivenSleeps(step?: RunStep): Sleep[] {
  const driven = drive({ ...(step && { step }), beside: true })
  const edited: Action = {
    ask: 'rotate',
    async perform({ world }) {
      editNote(world)
      return []
    },
  }
  return [
    ...strategies.map(strategy => ({
      scenario: scenario(strategy, 'driven, asleep through an edit and another rotation', []),
      sleeper: driven,
      meanwhile: [edited, driven] as const,
    })),
    ...strategies.map(strategy => ({
      scenario: scenario(strategy, 'driven, asleep through an edit and the beginning of another rotation', []),
      sleeper: driven,
      meanwhile: [edited, drive({ ...(step && { step }), only: ['create'], beside: true })] as const,
    })),
    ...strategies.map(strategy => ({
      scenario: scenario(strategy, 'driven, asleep while another driver has the same token', []),
      sleeper: driven,
      meanwhile: [driven] as const,
    })),
  ]
}

const rotateNow: Action = { ask: 'rotate', request: { type: 'manual', force: true }, waits: true, mayRefuse: true }
const retire: Action = { ask: 'retire', after: GRACE, mayRefuse: true }
const rollback: Action = { ask: 'rollback', mayRefuse: true }

export function drivenPairs(step?: RunStep): Pair[] {
  const driven = drive({ ...(step && { step }), beside: true })
  const begun: More = { given: (world: World) => void world }
  const beside = (name: string, other: Action, before: readonly Action[] = [], more: More = begun): Pair[] =>
    strategies.map(strategy => ({
      scenario: scenario(strategy, `driven, and ${name}`, before, more),
      workers: [driven, other] as const,
      afterwards: [passes(DAY), driven],
    }))
  const matured = [driven, passes(MATURE)]
  return [
    ...beside('driven by another with the same token', driven),
    ...beside('retired by hand', { ask: 'retire' }, matured),
    ...beside('rolled back by hand', rollback, matured),
    ...beside('rotated by hand', rotateNow),
    ...beside('the doctor comes', doctor),
    ...beside('the doctor comes', doctor, matured),
  ]
}
