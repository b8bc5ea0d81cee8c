/**
 * What a function needs before its first invocation, made once.
 * @module
 */
import { type RotationError, sanitise } from '../errors.ts'

/**
 * Begins in the turn after the start, so that the platform need not wait for it; what is thrown is told at once, not at the first
 * invocation, and again to each one: a new start is needed.
 */
export function madeOnce<T>(make: () => Promise<T>, failed: (error: RotationError) => unknown): () => Promise<T> {
  let made: Promise<T> | undefined
  const get = (): Promise<T> => {
    made ??= make()
    return made
  }
  setImmediate(() => get().catch(thrown => failed(sanitise(thrown))))
  return get
}
