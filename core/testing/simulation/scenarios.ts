/**
 * What is simulated: a world, a script of requests, and what people do meanwhile. Each request is repeated until it is done.
 * @module
 */

import type { RotationError } from '../../errors.ts'
import { retire, revokeNow } from '../../rotation/retire.ts'
import { rollback, rotate } from '../../rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../rotation/setup.ts'
import { SecretValue } from '../../secret/secret-value.ts'
import type { Episode } from './episode.ts'
import type { Worker } from './hub.ts'
import {
  changeAtTarget,
  copyPending,
  copyPrevious,
  editNote,
  editPassword,
  evictCurrent,
  restoreDatabase,
  revokePending,
} from './people.ts'
import { ID, type SimulatedStrategy, type World, type WorldOptions } from './world.ts'

type Run = (
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
) => Promise<RotationResult | RotationResult[]>

/** The engine under test; planted bugs replace parts of it. */
export interface Engine {
  readonly rotate: Run
  readonly retire: Run
  readonly rollback: Run
  readonly revokeNow: Run
}

/** How one try of a request ended. */
export type Ended = 'died' | RotationError | readonly RotationResult[]

/** One try of a request that is more than one run of the engine; `spawn` makes each process of it. */
export type Perform = (episode: Episode, spawn: () => Worker) => Promise<Ended>

export const realEngine: Engine = { rotate, retire, rollback, revokeNow }

export interface Action {
  readonly ask: keyof Engine
  /** Instead of asking the engine. */
  readonly perform?: Perform
  readonly request?: Partial<RotationRequest>
  /** Time that passes before it, in ms. */
  readonly after?: number
  /** A refusal by a rule is an answer too. */
  readonly mayRefuse?: boolean
  /** A wait is its answer: whoever would end it is not asked. */
  readonly waits?: boolean
}

export interface Scenario {
  readonly name: string
  readonly strategy: SimulatedStrategy
  readonly world: Omit<WorldOptions, 'strategy'>
  readonly script: readonly Action[]
  /** Prepares the world beyond its beginning. */
  readonly given?: (world: World) => void
  /** At call k, once: what a person or an outage does. Explored at every k. */
  readonly meanwhile?: (world: World, call: string) => void
  /** How many rotations a faultless run makes. Absent: not checked. */
  readonly rotations?: number
  /** A further promise, once nothing is under way. */
  readonly atRest?: (world: World) => void
}

const day = 86_400_000
const grace = 61_000
/** Two rotations with everything between them, so that the second meets what the first has left. */
const twice: readonly Action[] = [
  { ask: 'rotate' },
  { ask: 'retire', after: grace },
  { ask: 'rotate', after: day },
  { ask: 'retire', after: grace },
]
const settable: readonly SimulatedStrategy[] = ['single-user', 'alternating-users', 'dual-password']
const strategies: readonly SimulatedStrategy[] = [...settable, 'issue-then-revoke']

/** Old and new are valid at once, until the old one is ended. */
const overlapping: readonly SimulatedStrategy[] = ['alternating-users', 'dual-password']

/** The first value that a rotation brings. */
export const firstValue = (password: SecretValue): boolean => password.equals(SecretValue.of('canary-2'))

export const scenarios: readonly Scenario[] = [
  ...strategies.map(strategy => ({
    name: `${strategy}: two rotations`,
    strategy,
    world: {},
    script: twice,
    rotations: 2,
  })),
  ...strategies.map(strategy => ({
    name: `${strategy}: records apart from changes`,
    strategy,
    world: { separateRecords: true },
    script: twice,
    rotations: 2,
  })),
  ...settable.map(strategy => ({
    name: `${strategy}: rollback and forward again`,
    strategy,
    world: {},
    script: [
      { ask: 'rotate' },
      { ask: 'rollback', after: 1_000 },
      { ask: 'retire', after: grace },
      { ask: 'rotate', after: day },
    ] as const,
    rotations: 3,
  })),
  ...strategies.map(strategy => ({
    name: `${strategy}: emergency within the grace`,
    strategy,
    world: { policy: { consumers: [{ name: 'app', kind: 'other', refresh: 0, connectRetry: 0 }] } },
    script: [
      { ask: 'rotate' },
      { ask: 'revokeNow', after: 1_000, request: { reason: 'leaked' } },
      { ask: 'rotate', after: day },
    ] as const,
    rotations: 3,
  })),
  ...overlapping.flatMap(strategy => [
    {
      name: `${strategy}: asked again within the grace`,
      strategy,
      world: {},
      rotations: 1,
      script: [
        { ask: 'rotate' },
        { ask: 'rotate', after: 1_000, request: { type: 'manual', force: true }, waits: true },
        { ask: 'retire', after: grace },
      ] as const,
    },
    {
      name: `${strategy}: retired early`,
      strategy,
      world: {},
      script: [{ ask: 'rotate' }, { ask: 'retire', after: 1_000 }] as const,
      rotations: 1,
    },
  ]),
  {
    name: 'single-user: a reader that lags',
    strategy: 'single-user',
    world: { lag: 2_000, policy: { replicaLag: 5_000 } },
    script: twice,
    rotations: 2,
  },
  ...overlapping.flatMap(strategy => [
    {
      name: `${strategy}: a reader that lags`,
      strategy,
      world: { lag: 2_000, policy: { replicaLag: 5_000 } },
      script: twice,
      rotations: 2,
    },
    {
      name: `${strategy}: a target that needs time to settle`,
      strategy,
      world: { policy: { settle: 10_000 } },
      script: twice,
      rotations: 2,
    },
  ]),
  {
    name: 'single-user: a person brings the value',
    strategy: 'single-user',
    world: { policy: { manual: true } },
    script: [
      { ask: 'rotate', request: { value: SecretValue.of('canary-brought') } },
      { ask: 'retire', after: grace },
    ],
    rotations: 1,
  },
  {
    name: 'issue-then-revoke: keys without tags',
    strategy: 'issue-then-revoke',
    world: { tags: false },
    script: twice,
    rotations: 2,
  },
  ...strategies.map(strategy => ({
    name: `${strategy}: a person edits the note`,
    strategy,
    world: {},
    script: twice,
    meanwhile: editNote,
  })),
  ...settable.map(strategy => ({
    name: `${strategy}: a person changes the password`,
    strategy,
    world: {},
    script: twice,
    meanwhile: editPassword,
  })),
  ...settable.map(strategy => ({
    name: `${strategy}: the database is restored`,
    strategy,
    world: {},
    script: twice,
    meanwhile: restoreDatabase,
  })),
  ...overlapping.flatMap(strategy => [
    {
      name: `${strategy}: current becomes a copy of previous`,
      strategy,
      world: {},
      script: twice,
      meanwhile: copyPrevious,
    },
    {
      name: `${strategy}: current is edited to the login of pending`,
      strategy,
      world: {},
      script: twice,
      meanwhile: copyPending,
    },
  ]),
  {
    name: 'alternating-users: the live password is changed at the target',
    strategy: 'alternating-users',
    world: {},
    script: [{ ask: 'rotate' }, { ask: 'rotate', after: 1_000, waits: true }, { ask: 'retire', after: grace }],
    meanwhile: changeAtTarget,
  },
  ...settable.map(strategy => ({
    name: `${strategy}: the target refuses the first value`,
    strategy,
    world: {},
    script: twice,
    given: (world: World) => {
      world.server.rejects = firstValue
    },
    rotations: 2,
  })),
  {
    name: 'single-user: the first value logs in and may do nothing',
    strategy: 'single-user',
    world: {},
    script: [{ ask: 'rotate' }, ...twice.slice(1)],
    given: world => {
      world.server.cripples = firstValue
    },
    rotations: 2,
  },
  {
    name: 'single-user: it may do nothing, and the way back is refused',
    strategy: 'single-user',
    world: {},
    script: [{ ask: 'rotate' }],
    given: world => {
      world.server.cripples = firstValue
      world.server.rejects = password => password.equals(SecretValue.of('canary-1'))
    },
    rotations: 1,
  },
  {
    name: 'single-user: somebody else’s pending version',
    strategy: 'single-user',
    world: {},
    script: [{ ask: 'rotate', mayRefuse: true }],
    given: world => world.store.seedForeignPending(ID, world.value(world.current, 'foreign')),
    rotations: 0,
  },
  {
    name: 'single-user: an administrator changes the password',
    strategy: 'single-user',
    world: { asAdmin: true },
    script: twice,
    rotations: 2,
  },
  {
    name: 'dual-password: somebody else’s second password',
    strategy: 'dual-password',
    world: {},
    script: [{ ask: 'rotate', mayRefuse: true }],
    given: world => world.server.setPasswords('app', [world.current.password, SecretValue.of('of somebody else')]),
    rotations: 0,
    atRest: world => {
      if (world.server.passwordsOf('app').length !== 2) world.violate('P4', 'somebody else’s password was ended')
    },
  },
  {
    name: 'dual-password: current is evicted by somebody',
    strategy: 'dual-password',
    world: {},
    script: twice,
    meanwhile: evictCurrent,
  },
  {
    name: 'issue-then-revoke: the pending key is revoked by somebody',
    strategy: 'issue-then-revoke',
    world: {},
    script: twice,
    meanwhile: revokePending,
  },
  {
    name: 'issue-then-revoke: asked again within the grace',
    strategy: 'issue-then-revoke',
    world: {},
    script: [
      { ask: 'rotate' },
      { ask: 'rotate', after: 1_000, request: { type: 'manual', force: true }, waits: true },
      { ask: 'retire', after: grace },
    ],
    rotations: 1,
  },
]
