/**
 * Arbitrary states, policies and requests for the plan: whatever a store could answer, sensible or not.
 * @module
 */
import fc from 'fast-check'
import type { RotationId, SecretState, VersionId } from '../../../core/ports/secret-store.ts'
import type { PlanInput } from '../../../core/rotation/plan.ts'
import type { RotationPolicy } from '../../../core/rotation/setup.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { simulatedPolicy } from '../../../core/testing/simulation/world.ts'

/** Mostly absent: a state in which everything stands in the way has a dull plan. */
const rare = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
/** Absent keys instead of undefined ones. */
const compact = <T>(whole: fc.Arbitrary<object>): fc.Arbitrary<T> =>
  whole.map(o => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T)

const version = fc.constantFrom('v1', 'v2', 'v3') as fc.Arbitrary<VersionId>
const rotation = fc.constantFrom('ls-1', 'lr-1', 'ls-2') as fc.Arbitrary<RotationId>
// few values, so that instants meet; small durations, so that all of them matter
const instant = fc.integer({ min: 0, max: 400 })
const duration = fc.integer({ min: 0, max: 100 })

const pending = compact<NonNullable<SecretState['pending']>>(
  fc.record({
    rotation,
    base: optional(version),
    ours: fc.boolean(),
    since: instant,
    published: fc.boolean(),
    setAt: optional(instant),
  }),
)

export const states = compact<SecretState>(
  fc.record({
    current: compact<SecretState['current']>(fc.record({ version, rotation: optional(rotation), since: instant })),
    previous: rare(fc.record({ version })),
    pending: rare(pending),
    retiring: rare(instant),
    anomaly: rare(fc.constantFrom('edited', 'regressed')),
    promotedAt: optional(instant),
    attempts: fc.nat(30),
    generation: fc.nat(5),
    halted: rare(fc.constant('auth-failed')),
    epoch: fc.nat(2),
  }),
)

const consumers = fc.array(
  fc.record({ name: fc.string(), kind: fc.constant('vm'), refresh: duration, connectRetry: duration }),
  { maxLength: 1 },
)
/** Opens for an hour each night; never open at the instants above. */
const window = fc.constant({ cron: '0 3 * * *', duration: 3_600_000, timezone: 'UTC' })

export const policies = compact<RotationPolicy>(
  fc.record({
    interval: optional(duration),
    window: rare(window),
    grace: duration,
    consumers,
    runLife: duration,
    replicaLag: duration,
    settle: duration,
    manual: rare(fc.constant(true)).map(manual => manual ?? false),
  }),
).map(part => ({ ...simulatedPolicy, ...part }))

export const targets = fc.constantFrom<PlanInput['target']>(
  { strategy: 'single-user', overlap: 'gap', kind: 'settable' },
  { strategy: 'alternating-users', overlap: 'both-valid', kind: 'settable' },
  { strategy: 'issue-then-revoke', overlap: 'both-valid', kind: 'issuing' },
)

const requests = compact<PlanInput['request']>(
  fc.record({
    type: fc.constantFrom('scheduled', 'event', 'manual', 'emergency'),
    force: rare(fc.boolean()),
    version: rare(version),
    value: rare(fc.constant(SecretValue.of('brought'))),
  }),
)

export const inputs: fc.Arbitrary<PlanInput> = fc.record({
  id: fc.constantFrom('a', 'b'),
  policy: policies,
  target: targets,
  state: states,
  now: fc.integer({ min: 0, max: 800 }),
  request: requests,
})
