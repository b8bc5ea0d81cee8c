/**
 * A call that ends with its time, whatever the SDK waits for: it looks at the signal while it sends, and not while it asks for
 * credentials or pauses between two tries.
 * @module
 */
import type { Duration } from '../core/ports/clock.ts'

const LONGEST_TIMER = 2 ** 31 - 1

/** Aborted, or `left` has passed: an `AbortError` as the SDK's own. What was not sent by then is not sent any more. */
export async function bounded<T>(
  signal: AbortSignal,
  left: Duration,
  send: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), Math.min(left, LONGEST_TIMER))
  const abortSignal = AbortSignal.any([signal, late.signal])
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = () => reject(Object.assign(new Error('The call was ended.'), { name: 'AbortError' }))
  if (abortSignal.aborted) end()
  abortSignal.addEventListener('abort', end)
  try {
    return await Promise.race([send(abortSignal), ended])
  } finally {
    clearTimeout(timer)
    abortSignal.removeEventListener('abort', end)
  }
}
