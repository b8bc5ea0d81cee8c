/**
 * What is asked of the members of a secret with followers.
 * @module
 */
import { failOver } from '../../../replication/fail-over.ts'
import { replicate } from '../../../replication/replicate.ts'
import { retire } from '../../../rotation/retire.ts'
import { rotate } from '../../../rotation/rotate.ts'
import type { SimulatedStrategy } from '../world.ts'
import type { RegionsAction, RegionsEngine, RegionsScenario } from './episode.ts'

export const realRegionsEngine: RegionsEngine = { rotate, retire, replicate, failOver }

export const strategies: readonly SimulatedStrategy[] = [
  'alternating-users',
  'single-user',
  'dual-password',
  'issue-then-revoke',
]

const day = 86_400_000
const grace = 61_000

export const begin: RegionsAction = { ask: 'replicate', as: 'eu' }
export const rotation: RegionsAction = { ask: 'rotate' }
export const retirement: RegionsAction = { ask: 'retire', after: grace }
export const next: RegionsAction = { ask: 'rotate', after: day }
export const failOverTo = (as: 'us' | 'ap', acceptOlder = false): RegionsAction => ({
  ask: 'failOver',
  as,
  acceptOlder,
  mayRefuse: true,
})
/** What the new leader must be able to do. */
export const goesOn: readonly RegionsAction[] = [retirement, next, retirement]

export const rotates = (strategy: SimulatedStrategy): RegionsScenario => ({
  name: `${strategy}: a rotation and its retirement`,
  strategy,
  script: [begin, rotation, retirement],
  rotations: 1,
})

export const rotatesTwice = (strategy: SimulatedStrategy): RegionsScenario => ({
  name: `${strategy}: two rotations`,
  strategy,
  script: [begin, rotation, retirement, next, retirement],
  rotations: 2,
})

export const failsOver = (strategy: SimulatedStrategy): RegionsScenario => ({
  name: `${strategy}: a fail-over between rotations`,
  strategy,
  script: [begin, rotation, failOverTo('us'), ...goesOn],
})

/** As far as a follower's clock may be wrong: the difference between the grace and what consumers keep a value for. */
export const skews = [-20_000, 20_000] as const

export const skewed = (strategy: SimulatedStrategy, by: number): RegionsScenario => ({
  ...rotates(strategy),
  name: `${strategy}: a follower's clock is ${by > 0 ? 'fast' : 'slow'}`,
  skew: { us: by },
})
