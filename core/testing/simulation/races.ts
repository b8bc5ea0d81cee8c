/**
 * Which processes meet: pairs that are interleaved, and sleepers.
 * @module
 */
import type { Pair, Sleep } from './interleave.ts'
import { type Action, firstValue, type Scenario } from './scenarios.ts'
import type { SimulatedStrategy } from './world.ts'

const day = 86_400_000
const grace = 61_000
const settable: readonly SimulatedStrategy[] = ['single-user', 'alternating-users', 'dual-password']
const strategies: readonly SimulatedStrategy[] = [...settable, 'issue-then-revoke']

const scenario = (
  name: string,
  strategy: SimulatedStrategy,
  script: readonly Action[],
  rotations?: number,
): Scenario => ({
  name: `${strategy}: ${name}`,
  strategy,
  world: {},
  script,
  ...(rotations !== undefined && { rotations }),
})

const rotate: Action = { ask: 'rotate' }
/** Whoever comes second waits, for a retirement that nobody makes. */
const forced: Action = { ask: 'rotate', request: { type: 'manual', force: true }, waits: true }
const retire: Action = { ask: 'retire' }
const rollback: Action = { ask: 'rollback', mayRefuse: true }
/** After one rotation, with the grace over. */
const matured: readonly Action[] = [rotate, { ask: 'rotate', after: grace }]

export const pairs: readonly Pair[] = [
  ...strategies.map(s => ({ scenario: scenario('two rotate at once', s, [], 1), workers: [rotate, rotate] as const })),
  {
    scenario: {
      ...scenario('two rotate at once, and the first value may do nothing', 'single-user', []),
      given: world => {
        world.server.cripples = firstValue
      },
    },
    workers: [rotate, rotate],
  },
  ...strategies.map(s => ({ scenario: scenario('two force at once', s, []), workers: [forced, forced] as const })),
  ...strategies.map(s => ({
    scenario: scenario('two retire at once', s, matured, 1),
    workers: [retire, retire] as const,
  })),
  ...strategies.map(s => ({
    scenario: scenario('one retires, one rotates', s, matured),
    workers: [retire, forced] as const,
  })),
  ...settable.map(s => ({
    scenario: scenario('one retires, one rolls back', s, matured),
    workers: [retire, rollback] as const,
  })),
  ...settable.map(s => ({
    scenario: scenario('two roll back at once', s, [rotate], 2),
    workers: [rollback, rollback] as const,
  })),
]

const twoRotations: readonly Action[] = [
  rotate,
  { ask: 'retire', after: grace },
  { ask: 'rotate', after: day },
  { ask: 'retire', after: grace },
]

export const sleeps: readonly Sleep[] = [
  ...strategies.map(s => ({
    scenario: scenario('a rotation sleeps through two others', s, []),
    sleeper: rotate,
    meanwhile: twoRotations,
  })),
  {
    scenario: {
      ...scenario('a rotation by an administrator sleeps through two others', 'single-user', []),
      world: { asAdmin: true },
    },
    sleeper: rotate,
    meanwhile: twoRotations,
  },
  ...strategies.map(s => ({
    scenario: {
      ...scenario('a retirement sleeps through a retirement and an emergency', s, matured),
      world: { policy: { consumers: [] } },
    },
    sleeper: retire,
    meanwhile: [retire, { ask: 'revokeNow', request: { reason: 'leaked' } }] as const,
  })),
]
