/**
 * Consumers after a promotion: their hooks run when a version has become current, and those that are required are asked again
 * before the old credential ends. A hook that fails is on record; it neither fails a rotation nor undoes one.
 * @module
 */
import { type RotationError, sanitise } from '../errors.ts'
import type { Duration } from '../ports/clock.ts'
import type { HookAnswer, Promotion, PromotionHook } from '../ports/promotion-hook.ts'
import type { VersionId } from '../ports/secret-store.ts'
import { Waiting } from './outcome.ts'
import type { Run } from './run.ts'
import { releases } from './setup.ts'

/** A hook as the configuration declares it. */
export interface ConsumerHook {
  readonly consumer: string
  /** `ecs`, `webhook`, …; for the record. */
  readonly kind: string
  /** The old credential does not end before this consumer has the new version. */
  readonly required: boolean
  /** Of one try. */
  readonly timeout: Duration
  /** After the first try. */
  readonly retries: number
  /** Cannot be made: RotationError. */
  open(): Promise<PromotionHook>
}

const FIRST_PAUSE: Duration = 1_000

/** What this run has got, until it is on record: a retry of the run is none of its hooks. */
const answered = new WeakMap<Run, Map<ConsumerHook, { readonly answer: Answer; onRecord: boolean }>>()

/**
 * `all`: a version has just become current. `asking`: it became current in a run that may have died; hooks that would do everything
 * again are left out.
 */
export async function informConsumers(run: Run, version: VersionId, which: 'all' | 'asking'): Promise<void> {
  const known = answered.get(run) ?? new Map()
  answered.set(run, known)
  const left = (run.setup.hooks ?? []).filter(hook => !known.has(hook))
  for (const { hook, answer } of await applyAll(run, left, version, which === 'asking'))
    known.set(hook, { answer, onRecord: which === 'asking' && answer === 'already' })
  for (const [hook, entry] of known) {
    if (!entry.onRecord) await record(run, hook, version, entry.answer)
    entry.onRecord = true
  }
}

/** Waits where a required consumer has not followed. In an emergency, or released by a person: goes on. */
export async function requireConsumers(run: Run, version: VersionId): Promise<void> {
  const { setup, request } = run
  if (request.type === 'emergency' || releases(request, 'consumers')) return
  const required = (setup.hooks ?? []).filter(hook => hook.required)
  const behind: string[] = []
  for (const { hook, answer } of await applyAll(run, required, version, false)) {
    await record(run, hook, version, answer)
    if (isFailure(answer) || answer === 'under-way') behind.push(hook.consumer)
  }
  if (behind.length === 0) return
  throw new Waiting(
    'consumers',
    `Required consumers have not followed yet: ${behind.join(', ')}.`,
    setup.clock.now() + setup.policy.runLife,
  )
}

type Answer = HookAnswer | RotationError
const isFailure = (answer: Answer): answer is RotationError => typeof answer !== 'string'

/** At once, each in its own time: one that hangs takes nothing from the others. In the order of the configuration. */
async function applyAll(run: Run, hooks: readonly ConsumerHook[], version: VersionId, askingOnly: boolean) {
  const { secret, id } = run.setup
  const answers = await Promise.all(
    hooks.map(async hook => ({
      hook,
      answer: await apply(run, hook, { secret, id, version, consumer: hook.consumer }, askingOnly),
    })),
  )
  return answers.filter((one): one is { hook: ConsumerHook; answer: Answer } => one.answer !== undefined)
}

/** Undefined: left out. */
async function apply(
  run: Run,
  hook: ConsumerHook,
  promotion: Promotion,
  askingOnly: boolean,
): Promise<Answer | undefined> {
  try {
    const opened = await hook.open()
    return askingOnly && !opened.asks ? undefined : await tried(run, hook, opened, promotion)
  } catch (thrown) {
    return sanitise(thrown)
  }
}

async function tried(run: Run, { timeout, retries }: ConsumerHook, hook: PromotionHook, promotion: Promotion) {
  const { clock } = run.setup
  for (let tries = 1, pause = FIRST_PAUSE; ; tries++, pause *= 2) {
    try {
      run.requireTime(0)
      const deadline = Math.min(run.deadline, clock.now() + timeout)
      return await hook.apply(promotion, { signal: run.signal, deadline })
    } catch (thrown) {
      const failure = sanitise(thrown)
      const over = clock.now() + pause >= run.deadline || failure.code === 'aborted'
      if (failure.retry === 'no' || tries > retries || over) throw failure
      await clock.sleep(pause, run.signal)
    }
  }
}

function record(run: Run, { consumer, kind, required }: ConsumerHook, version: VersionId, answer: Answer) {
  const failure = isFailure(answer) && { error_code: answer.code, message: answer.message }
  const at = isFailure(answer) && answer.at !== undefined && { at: answer.at }
  return run.record('consumer_hook', {
    result: isFailure(answer) ? 'failure' : results[answer],
    versions: { new: version },
    details: { consumer, hook: kind, required, ...failure, ...at },
  })
}

const results = { done: 'success', already: 'already', 'under-way': 'waiting' } as const
