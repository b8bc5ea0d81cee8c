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

export type Waiting = Extract<RotationResult, { outcome: 'waiting' }>

/** Until `enough` says so. */
export async function askUntil(
  ask: () => Promise<RotationResult>,
  enough: (result: RotationResult) => boolean,
): Promise<RotationResult> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
    const result = await tried(ask)
    if (result && enough(result)) return result
    if (Date.now() > end) throw new Error(`In a minute nothing came of it: ${result ? whyOf(result) : 'no answer'}`)
  }
}

/** Undefined: it may be tried again. */
async function tried(ask: () => Promise<RotationResult>): Promise<RotationResult | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isRotationError(error) && error.retry !== 'no') return undefined
    if (isRotationError(error, 'no-time')) return undefined
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
