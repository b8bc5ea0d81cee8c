/**
 * Statements whose answer is missing: they take effect before their own deadline or not at all, and until then nothing may follow
 * that they would undo.
 * @module
 */
import { isRotationError } from '../errors.ts'
import type { SettableTarget } from '../ports/rotation-target.ts'
import type { SecretState } from '../ports/secret-store.ts'
import type { Run } from './run.ts'

/** The contract's `end`. No answer: throws once it cannot land any more, for the next `set` of that login may follow at once. */
export async function endForSure(
  run: Run,
  target: SettableTarget,
  change: Parameters<SettableTarget['end']>[0],
): Promise<void> {
  const { signal, deadline } = run.changeCall
  // an engine waits there for replicas to show it
  const call = { signal, deadline: Math.min(run.deadline, deadline + run.setup.policy.replicaLag) }
  try {
    await target.end(change, call)
  } catch (error) {
    const left = call.deadline - run.setup.clock.now()
    if (isRotationError(error, 'unknown-outcome') && left >= 0) await run.setup.clock.sleep(left + 1, run.signal)
    throw error
  }
}

/** A rollback or an emergency may follow a promotion at once: the `set` before that was sent a cutover ago at the latest. */
export async function outlastTheLast(run: Run, { promotedAt }: SecretState): Promise<void> {
  const { clock, policy } = run.setup
  const wait = promotedAt === undefined ? 0 : promotedAt + policy.cutover + 1 - clock.now()
  if (wait <= 0) return
  run.requireTime(wait + policy.cutover)
  await clock.sleep(wait, run.signal)
}
