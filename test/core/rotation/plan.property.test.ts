import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SecretState, VersionId } from '../../../core/ports/secret-store.ts'
import { rollbackId, rotationId } from '../../../core/rotation/ids.ts'
import { type Plan, type PlanInput, planRetirement, planRollback, planRotation } from '../../../core/rotation/plan.ts'
import { inputs } from './arbitrary.ts'

const planners = [planRotation, planRetirement, planRollback]
const runs = { numRuns: 3_000 }

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(Object.freeze(value))) frozen(part)
  return value
}

/** The property, for every input whose plan it is about; fails if hardly any was. */
function always(about: (input: PlanInput, plan: Plan) => boolean, holds: (input: PlanInput, plan: Plan) => void): void {
  let met = 0
  fc.assert(
    fc.property(inputs, input => {
      const plan = planRotation(input)
      if (!about(input, plan)) return
      met++
      holds(input, plan)
    }),
    runs,
  )
  expect(met).toBeGreaterThan(20)
}

const begins = ({ state }: PlanInput, plan: Plan): boolean => plan.do === 'steps' && !state?.pending

it.each(planners)('$name is pure and total: the same plan for the same input, which it leaves alone', planner => {
  fc.assert(
    fc.property(inputs, fc.boolean(), (given, absent) => {
      const input = frozen(absent ? { ...given, state: undefined } : given)
      const plan = planner(input)
      expect(planner(input)).toEqual(plan)
      if (absent) expect(plan).toMatchObject({ do: 'refuse', code: 'secret-not-found' })
    }),
    runs,
  )
})

it('property: never begins while a previous credential is un-retired that the strategy would overwrite', () => {
  always(
    ({ state, target }) => state?.previous !== undefined && target.strategy !== 'single-user' && !state.pending,
    (_, plan) => expect(plan.do).not.toBe('steps'),
  )
})

it('property: never begins while a retirement is under way', () => {
  always(
    ({ state }) => state?.retiring !== undefined && !state.pending,
    (_, plan) => expect(plan.do).not.toBe('steps'),
  )
})

it('property: never begins before promotion + grace + a run’s life, unless in an emergency', () => {
  always(
    (input, plan) => begins(input, plan) && input.request.type !== 'emergency' && input.state?.promotedAt !== undefined,
    ({ state, policy, now }) => expect(now).toBeGreaterThanOrEqual(state!.promotedAt! + policy.grace + policy.runLife),
  )
})

it('property: never begins by itself before it is due, or in a closed window, or halted', () => {
  always(
    (input, plan) => begins(input, plan) && !input.request.force && !input.request.version && !input.request.value,
    ({ state, policy, now }) => {
      const { anomaly, promotedAt, current } = state!
      const counted = anomaly === 'edited' ? (promotedAt ?? current.since) : current.since
      expect(now).toBeGreaterThanOrEqual(counted + policy.interval!)
      expect(policy.window).toBeUndefined()
      expect(state!.halted).toBeUndefined()
    },
  )
})

it('property: what is pending and ours is gone on with, under its own id and base, whatever the schedule says', () => {
  always(
    (_, plan) => plan.do === 'steps' && plan.resumed,
    ({ state }, plan) => {
      const { ours, rotation, base } = state!.pending!
      expect(ours).toBe(true)
      expect(plan).toMatchObject({ rotation, base })
    },
  )
})

it('property: a pending version that is not ours is never gone on with', () => {
  always(
    ({ state }) => state?.pending?.ours === false && state.anomaly !== 'regressed',
    (_, plan) => expect(plan).toMatchObject({ do: 'refuse', code: 'not-ours' }),
  )
})

it('property: current that moved under pending is reconciled, never set or promoted over', () => {
  always(
    ({ state }, plan) => plan.do === 'steps' && !state?.pending?.published,
    ({ state }, plan) => expect(plan).toMatchObject({ base: state!.current.version }),
  )
})

it('property: of a gap strategy with something pending, neither halt nor window nor due date holds anything up', () => {
  always(
    ({ state, target }) => target.overlap === 'gap' && state?.pending?.ours === true && state.anomaly !== 'regressed',
    (_, plan) => {
      expect(plan.do).toMatch(/^(steps|reconcile|wait)$/)
      if (plan.do === 'wait') expect(plan.for).toBe('settle')
    },
  )
})

it('property: nothing is retired before its grace is over, while a rotation is pending, or under another’s claim', () => {
  fc.assert(
    fc.property(inputs, input => {
      const plan = planRetirement(input)
      if (plan.do !== 'retire') return
      const { state, now, policy, request } = input
      expect(plan.previous).toBe(state!.previous!.version)
      expect(state!.pending).toBeUndefined()
      if (state!.retiring !== undefined) expect(now).toBeGreaterThanOrEqual(state!.retiring + policy.runLife)
      if (request.type !== 'emergency') expect(now).toBeGreaterThanOrEqual(state!.promotedAt! + policy.grace)
    }),
    runs,
  )
})

it('property: a rollback goes only to a previous that is alive and unclaimed, or finishes one that was begun', () => {
  fc.assert(
    fc.property(inputs, input => {
      const plan = planRollback(input)
      const { previous, pending, retiring } = input.state!
      if (plan.do !== 'steps') return
      if (pending) expect(plan).toMatchObject({ resumed: true, rotation: pending.rotation })
      else expect([previous !== undefined, retiring]).toEqual([true, undefined])
    }),
    runs,
  )
})

it('property: rotation ids differ whenever secret, base version, generation or direction differ', () => {
  const basis = fc.tuple(fc.string(), fc.string(), fc.nat(), fc.boolean())
  const id = ([secret, version, generation, back]: [string, string, number, boolean]) => {
    const state = { current: { version: version as VersionId, since: 0 }, generation } satisfies Partial<SecretState>
    return (back ? rollbackId : rotationId)(secret, state)
  }
  fc.assert(
    fc.property(basis, basis, (a, b) => {
      expect(id(a) === id(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      expect(id([a[0], a[1], a[2] + 1, a[3]])).not.toBe(id(a))
    }),
  )
})
