/**
 * One rotation after the other, as a schedule would have them, and what there is to tell of each.
 * @module
 */
import { type RotationError, sanitise } from '../../core/errors.ts'
import type { Duration, Instant } from '../../core/ports/clock.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'

export type News =
  | { readonly kind: 'rotated'; readonly count: number; readonly login: string; readonly took: Duration }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: RotationError }

export interface Rotating {
  readonly setup: RotationSetup
  readonly every: Duration
  readonly request: () => RotationRequest
  readonly tell: (news: News) => void | Promise<void>
  readonly signal: AbortSignal
}

/** Until `signal` aborts; answers how many there were. What fails is told, and tried again when the next is due. */
export async function rotateEvery({ setup, every, request, tell, signal }: Rotating): Promise<number> {
  const { clock, policy } = setup
  let count = 0
  for (let due = clock.now() + every; await reached(due); due += every) {
    try {
      await patiently(() => retire(setup, request(), signal))
      const began = clock.now()
      if ((await patiently(() => rotate(setup, request(), signal))).outcome !== 'rotated') continue
      const took = clock.now() - began
      await tell({ kind: 'rotated', count: ++count, login: await currentLogin(setup, signal), took })
      if (!(await reached(clock.now() + policy.grace))) break
      if ((await patiently(() => retire(setup, request(), signal))).outcome === 'retired') await tell({ kind: 'ended' })
    } catch (error) {
      if (signal.aborted) break
      await tell({ kind: 'failed', error: sanitise(error) })
    }
  }
  return count

  /** False: interrupted meanwhile. */
  async function reached(instant: Instant): Promise<boolean> {
    return clock.sleep(Math.max(0, instant - clock.now()), signal).then(
      () => true,
      () => false,
    )
  }

  /** Asks again when the engine says until when it waits. */
  async function patiently(ask: () => Promise<RotationResult>): Promise<RotationResult> {
    for (;;) {
      const result = await ask()
      if (result.outcome !== 'waiting' || result.until === undefined || !(await reached(result.until))) return result
    }
  }
}

/** Who logs in now. */
export async function currentLogin({ store, id, shape, clock }: RotationSetup, signal: AbortSignal): Promise<string> {
  const call = { signal, deadline: clock.now() + 10_000, run: {} }
  const state = await store.describe(id, call)
  const current = state && (await store.read(id, state.current.version, call))
  return current && current.value !== 'disabled' ? shape.read(current.value).username : 'nobody'
}
