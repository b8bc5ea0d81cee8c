/**
 * Hooks of consumers: after a promotion, once per version; before the end of the old credential, those that are required.
 * In memory, with the engine's real functions.
 */
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../core/audit/event.ts'
import { RotationError } from '../../../core/errors.ts'
import type { HookAnswer, Promotion, PromotionHook } from '../../../core/ports/promotion-hook.ts'
import type { RotationId, VersionId } from '../../../core/ports/secret-store.ts'
import type { ConsumerHook } from '../../../core/rotation/consumers.ts'
import { retire, revokeNow } from '../../../core/rotation/retire.ts'
import { rollback, rotate } from '../../../core/rotation/rotate.ts'
import { type DrivenStep, runStep } from '../../../core/rotation/run-step.ts'
import type { RotationRequest } from '../../../core/rotation/setup.ts'
import { Bench, DAY, errorOf, GRACE } from './support.ts'

/** A platform that remembers which version it was restarted for. */
class Platform implements PromotionHook {
  readonly asks: boolean
  readonly asked: Promotion[] = []
  /** Restarts that were made. */
  restarts = 0
  runs: VersionId | undefined
  /** Answered or thrown before anything else, first to last. */
  readonly script: (HookAnswer | Error)[] = []

  constructor(asks = true) {
    this.asks = asks
  }

  async apply(promotion: Promotion): Promise<HookAnswer> {
    this.asked.push(promotion)
    const scripted = this.script.shift()
    if (scripted instanceof Error) throw scripted
    if (scripted) return scripted
    if (this.asks && this.runs === promotion.version) return 'already'
    this.restarts++
    this.runs = promotion.version
    return 'done'
  }
}

const hookOf = (platform: PromotionHook, more: Partial<ConsumerHook> = {}): ConsumerHook => ({
  consumer: 'orders',
  kind: 'test',
  required: false,
  timeout: 30_000,
  retries: 2,
  open: async () => platform,
  ...more,
})

class Stage extends Bench {
  hooks: ConsumerHook[] = []

  constructor(...hooks: ConsumerHook[]) {
    super('alternating-users')
    this.hooks = hooks
  }

  get set() {
    return { ...this.wired, hooks: this.hooks }
  }

  rotated = (more?: Partial<RotationRequest>) => rotate(this.set, this.request(more), this.abort.signal)
  retired = (more?: Partial<RotationRequest>) => retire(this.set, this.request(more), this.abort.signal)
  outcomes = () => this.recorded('consumer_hook').map(({ result }) => result)
}

const down = () => new RotationError('target-unreachable', 'The platform did not answer.')
const denied = () => new RotationError('access-denied', 'The platform refused ecs:UpdateService.', { at: 'orders' })

describe('after a promotion', () => {
  it('each hook is told the version that is current, by name, and its result is on record', async () => {
    const [one, two] = [new Platform(), new Platform()]
    const stage = new Stage(hookOf(one), hookOf(two, { consumer: 'billing' }))
    await stage.rotated()
    const { version } = (await stage.state()).current
    expect(one.asked).toEqual(
      [{ secret: 'app', id: 'app', version, consumer: 'orders' }].map(p => ({ ...p, ...named(stage) })),
    )
    expect(two.runs).toBe(version)
    expect(stage.recorded('consumer_hook')).toMatchObject([
      { result: 'success', secret_version: { new: version }, metadata: { consumer: 'orders', hook: 'test' } },
      { result: 'success', metadata: { consumer: 'billing', required: false } },
    ])
  })

  it('a rollback is a promotion too', async () => {
    const platform = new Platform()
    const stage = new Stage(hookOf(platform))
    await stage.rotated()
    expect(await rollback(stage.set, stage.request(), stage.abort.signal)).toMatchObject({ outcome: 'rolled-back' })
    expect(platform.runs).toBe((await stage.state()).current.version)
    expect(platform.restarts).toBe(2)
  })

  it('no answer is tried again, at most as often as said; a refusal is not', async () => {
    const [flaky, dead, closed] = [new Platform(), new Platform(), new Platform()]
    flaky.script.push(down())
    dead.script.push(down(), down(), down(), down())
    closed.script.push(denied(), denied())
    const stage = new Stage(...[flaky, dead, closed].map(platform => hookOf(platform)))
    await stage.rotated()
    expect([flaky, dead, closed].map(({ asked }) => asked.length)).toEqual([2, 3, 1])
    expect(stage.outcomes()).toEqual(['success', 'failure', 'failure'])
    expect(stage.recorded('consumer_hook').at(-1)!.metadata).toMatchObject({
      error_code: 'access-denied',
      at: 'orders',
    })
  })

  it('one that fails, cannot be made, or throws something foreign fails no rotation and undoes none', async () => {
    const [broken, foreign] = [new Platform(), new Platform()]
    broken.script.push(denied())
    foreign.script.push(Object.assign(new Error('hunter2'), { code: 'EWHATEVER' }))
    const unmade = hookOf(broken, { open: () => Promise.reject(new RotationError('config-invalid', 'No such kind.')) })
    const stage = new Stage(hookOf(broken), hookOf(foreign), unmade)
    expect(await stage.rotated()).toMatchObject({ outcome: 'rotated' })
    expect(stage.works('current')).toBe(true)
    expect((await stage.state()).attempts).toBe(0)
    expect(stage.outcomes()).toEqual(['failure', 'failure', 'failure'])
    expect(JSON.stringify(stage.events)).not.toContain('hunter2')
  })

  it('each gets its own time, and none past the end of the run', async () => {
    const deadlines: number[] = []
    const watching: PromotionHook = {
      asks: true,
      apply: async (_, { deadline }) => {
        deadlines.push(deadline - stage.clock.now())
        return 'done'
      },
    }
    const stage = new Stage(hookOf(watching, { timeout: 5_000 }), hookOf(watching, { timeout: 30 * DAY }))
    await stage.rotated()
    expect(deadlines[0]).toBe(5_000)
    expect(deadlines[1]).toBeLessThanOrEqual(stage.policy.runLife)
  })

  it('an interruption ends the hooks, not what was finished', async () => {
    const stage: Stage = new Stage(
      hookOf({
        asks: true,
        apply: async () => {
          stage.abort.abort()
          throw down()
        },
      }),
    )
    expect(await stage.rotated()).toMatchObject({ outcome: 'rotated' })
    expect(stage.recorded('consumer_hook')).toMatchObject([{ result: 'failure', metadata: { error_code: 'aborted' } }])
  })
})

describe('a service that drives the steps', () => {
  it('has the hooks run at its last step, and those that can ask again if that is repeated', async () => {
    const [platform, command] = [new Platform(), new Platform(false)]
    const stage = new Stage(hookOf(platform), hookOf(command))
    const rotation = 'service-token' as RotationId
    await stage.begun(rotation)
    const step = (step: DrivenStep) => runStep(stage.set, { ...stage.request(), step, rotation }, stage.abort.signal)
    for (const one of ['set', 'test'] as const) await step(one)
    expect([platform.asked, command.asked]).toEqual([[], []])
    expect(await step('finish')).toMatchObject({ outcome: 'done' })
    expect(await step('finish')).toMatchObject({ outcome: 'already-rotated' })
    expect([platform.runs, command.runs]).toEqual(Array(2).fill((await stage.state()).current.version))
    expect([platform.asked.length, platform.restarts, command.restarts]).toEqual([2, 1, 1])
  })
})

describe('a run that dies between the promotion and its hooks', () => {
  async function died(...hooks: ConsumerHook[]) {
    const stage = new Stage()
    await stage.rotated()
    stage.hooks = hooks
    return stage
  }

  it('the same call again does what is missing, and a third does nothing', async () => {
    const platform = new Platform()
    const stage = await died(hookOf(platform))
    await stage.rotated()
    expect(platform.runs).toBe((await stage.state()).current.version)
    await stage.rotated()
    expect(platform.restarts).toBe(1)
    expect(stage.outcomes()).toEqual(['success'])
  })

  it('a hook that cannot ask is not run again', async () => {
    const platform = new Platform(false)
    const stage = await died(hookOf(platform))
    await stage.rotated()
    expect(platform.asked).toEqual([])
  })

  it('a failure after the promotion is retried by the run, which informs nobody twice', async () => {
    const [platform, command] = [new Platform(), new Platform(false)]
    const stage = new Stage(hookOf(platform), hookOf(command))
    const written: unknown[] = []
    let failed = false
    const audit = {
      write: async ({ event_type, metadata }: AuditEvent) => {
        if (event_type !== 'consumer_hook') return
        if (failed) return void written.push(metadata.consumer)
        failed = true
        throw new RotationError('store-unavailable', 'The disk is full.')
      },
    }
    await rotate({ ...stage.set, audit }, stage.request(), stage.abort.signal)
    expect([platform.restarts, command.restarts]).toEqual([1, 1])
    expect(written).toEqual(['orders', 'orders'])
  })
})

describe('the old credential', () => {
  async function waitingFor(platform: Platform, more: Partial<ConsumerHook> = {}) {
    const stage = new Stage(hookOf(platform, { required: true, ...more }))
    await stage.rotated()
    stage.clock.advance(GRACE)
    return stage
  }

  it('does not end before every required consumer has followed; the wait names who is missing', async () => {
    const platform = new Platform()
    platform.script.push('under-way', 'under-way')
    const stage = await waitingFor(platform)
    stage.hooks.push(hookOf(new Platform(), { consumer: 'fine', required: true }))
    expect(await stage.retired()).toMatchObject({
      outcome: 'waiting',
      for: 'consumers',
      why: 'Required consumers have not followed yet: orders.',
    })
    expect(stage.works('previous')).toBe(true)
    expect((await stage.state()).retiring).toBeUndefined()
    expect(await stage.retired()).toMatchObject({ outcome: 'retired' })
  })

  it('is kept by a required hook that fails, again and again, and no next rotation begins', async () => {
    const platform = new Platform()
    platform.script.push(denied(), denied(), denied())
    const stage = await waitingFor(platform)
    expect(await stage.retired()).toMatchObject({ for: 'consumers' })
    stage.clock.advance(DAY)
    expect(await stage.retired()).toMatchObject({ for: 'consumers' })
    expect(await stage.rotated({ force: true })).toMatchObject({ outcome: 'waiting', for: 'retire' })
    expect(stage.works('previous')).toBe(true)
  })

  it('ends although an optional hook has failed', async () => {
    const platform = new Platform()
    platform.script.push(denied(), denied())
    const stage = await waitingFor(platform, { required: false })
    expect(await stage.retired()).toMatchObject({ outcome: 'retired' })
    expect(platform.asked).toHaveLength(1)
  })

  it('of a consumer that was missed, the hook is run before the end, also one that cannot ask', async () => {
    for (const asks of [true, false]) {
      const platform = new Platform(asks)
      const stage = new Stage()
      await stage.rotated()
      stage.hooks = [hookOf(platform, { required: true })]
      stage.clock.advance(GRACE)
      expect(await stage.retired()).toMatchObject({ outcome: 'retired' })
      expect(platform.restarts).toBe(1)
    }
  })

  it('is released by a person, by name and reason, and only from what he names', async () => {
    const platform = new Platform()
    platform.script.push(...Array<Error>(9).fill(denied()))
    const stage = await waitingFor(platform)
    expect(await stage.retired({ release: 'sessions', reason: 'other' })).toMatchObject({ for: 'consumers' })
    const released = await stage.retired({ release: ['sessions', 'consumers'], reason: 'orders is gone' })
    expect(released).toMatchObject({ outcome: 'retired' })
    expect(stage.recorded('secret_revoked').at(-1)).toMatchObject({ metadata: { reason: 'orders is gone' } })
  })

  it('ends at once in an emergency: nobody is waited for, and hooks run after that', async () => {
    const platform = new Platform()
    platform.script.push('under-way')
    const stage = new Stage(hookOf(platform, { required: true }))
    const old = stage.current
    const { apply } = platform
    platform.apply = promotion => {
      expect(stage.accepts(old)).toBe(false)
      return apply.call(platform, promotion)
    }
    const results = await revokeNow(stage.set, stage.request({ reason: 'leaked' }), stage.abort.signal)
    expect(results.map(({ outcome }) => outcome)).toEqual(['rotated', 'retired'])
    expect(platform.asked).toHaveLength(1)
    await revokeNow(stage.set, stage.request({ reason: 'leaked' }), stage.abort.signal)
    expect(platform.restarts).toBe(1)
  })

  it('is kept where the required hook cannot be made', async () => {
    const open = () => Promise.reject(new RotationError('config-invalid', 'Not on this cloud.'))
    const stage = await waitingFor(new Platform(), { open })
    expect(await stage.retired()).toMatchObject({ for: 'consumers' })
    expect(await errorOf(rollback(stage.set, stage.request(), AbortSignal.abort()))).toMatchObject({ code: 'aborted' })
  })
})

const named = ({ set: { secret, id } }: Stage) => ({ secret, id })
