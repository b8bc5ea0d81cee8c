/**
 * One request: bounded by the caller's signal and deadline, its failure mapped, and repeated where that is harmless. The
 * clients' own repetitions are off: they would publish twice.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Call } from '../core/ports/secret-store.ts'
import { type Asked, mapError, retryAfterOf } from './errors.ts'

export type Bounds = Pick<Call, 'signal' | 'deadline'>
export type AzureClock = Pick<Clock, 'now' | 'sleep'>

const LONGEST_ANSWER = 15_000
/** One try and two more. */
const TRIES = 3
const FIRST_PAUSE = 500

export class Sender {
  readonly #clock: AzureClock

  constructor(clock: AzureClock) {
    this.#clock = clock
  }

  /** Aborted: `aborted`. Too late: `no-time`. Answers the milliseconds that are left. */
  requireOpen({ signal, deadline }: Bounds): number {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    const left = deadline - this.#clock.now()
    if (left > 0) return left
    throw new RotationError('no-time', 'No time is left for another call to Azure.')
  }

  /** Throttled, or a read without an answer: tried again. A write without an answer is `unknown`, and never sent again here. */
  async send<T>(call: Bounds, asked: Asked, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#bounded(call, request)
      } catch (error) {
        const mapped = mapError(error, asked, call.signal)
        const harmless = mapped.code === 'busy' || (mapped.code === 'store-unavailable' && !asked.writes)
        const pause = (retryAfterOf(error) ?? 0) * 1_000 || FIRST_PAUSE * 2 ** (tries - 1)
        if (!harmless || tries === TRIES || this.requireOpen(call) <= pause) throw mapped
        await this.#pause(pause, call)
      }
    }
  }

  async once<T>(call: Bounds, asked: Asked, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.#bounded(call, request)
    } catch (error) {
      throw mapError(error, asked, call.signal)
    }
  }

  async #bounded<T>(call: Bounds, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), Math.min(this.requireOpen(call), LONGEST_ANSWER))
    try {
      return await request(AbortSignal.any([call.signal, late.signal]))
    } finally {
      clearTimeout(timer)
    }
  }

  async #pause(ms: number, { signal }: Bounds): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => {
      throw new RotationError('aborted', 'The run was interrupted.')
    })
  }
}

/** Absent: undefined. */
export const unlessAbsent = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch(error => {
    if (error instanceof RotationError && error.code === 'secret-not-found') return undefined
    throw error
  })
