/**
 * What a schedule and a person ask of the workers, again and again while the answer is that it is too early.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isRotationError } from '../../core/errors.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import { byHand } from '../request.ts'

export const never = new AbortController().signal

/** A schedule comes by more often than any wait ends. */
const PAUSE_MS = 500
/** Of a machine with other things to do. */
const PATIENCE_MS = 60_000

/** Until `enough` says so; what fails and may be tried again is. */
export async function askUntil<T>(ask: () => Promise<T>, enough: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
    const answer = await tried(ask)
    if (answer !== undefined && enough(answer)) return answer
    if (Date.now() > end)
      throw new Error(`A minute is over, and this is all: ${answer ? JSON.stringify(answer) : 'nothing'}`)
  }
}

export const again = <T>(ask: () => Promise<T>): Promise<T> => askUntil(ask, () => true)

/** Undefined: it may be tried again. */
async function tried<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isRotationError(error) && (error.retry !== 'no' || error.code === 'no-time')) return undefined
    throw error
  }
}

export const rotateSoon = (setup: RotationSetup): Promise<RotationResult> =>
  askUntil(
    () => rotate(setup, byHand(), never),
    ({ outcome }) => outcome === 'rotated',
  )

export const retireSoon = (setup: RotationSetup, more: Partial<RotationRequest> = {}): Promise<RotationResult> =>
  askUntil(
    () => retire(setup, byHand(more), never),
    ({ outcome }) => outcome === 'retired',
  )

export const whyOf = (result: RotationResult): string => ('why' in result ? result.why : result.outcome)
