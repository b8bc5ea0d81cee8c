/**
 * One bounded read of a source, and what its failures are called.
 * @module
 */
import type { Duration } from '../ports/clock.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { ClientError, shortCode } from './client-error.ts'
import type { ClientClock } from './clock.ts'
import type { SecretSource, SourceVersion, Which } from './secret-source.ts'

export interface Reading {
  readonly source: SecretSource
  readonly clock: ClientClock
  /** Of one read. */
  readonly timeout: Duration
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal
}

export interface Found extends SourceVersion {
  readonly value: SecretValue
}

/** Absent: undefined. Ends in time even if the source ignores its signal. Throws `ClientError` only. */
export async function read(
  { source, clock, timeout, closing }: Reading,
  name: string,
  which: Which,
  fresh: boolean,
): Promise<Found | undefined> {
  const ended = new AbortController()
  const late = new AbortController()
  const signal = AbortSignal.any([closing, late.signal])
  const bound = clock.sleep(timeout, AbortSignal.any([closing, ended.signal])).then(() => {
    late.abort()
    throw new ClientError('store-unavailable', `No answer came within ${timeout} ms.`)
  })
  try {
    closing.throwIfAborted()
    const deadline = clock.now() + timeout
    const found = await Promise.race([source.read(name, which, { signal, deadline, fresh }), bound])
    return found && { ...found, value: typeof found.value === 'string' ? SecretValue.of(found.value) : found.value }
  } catch (error) {
    throw closing.aborted ? new ClientError('aborted', 'The client was closed.', { secret: name }) : named(error, name)
  } finally {
    ended.abort()
    bound.catch(() => {})
  }
}

/** Errors of the engine's own stores are as clean as ours. */
const KNOWN: readonly unknown[] = [
  'access-denied',
  'value-unsuitable',
  'config-invalid',
  'unsupported',
] satisfies ClientError['code'][]

function named(error: unknown, secret: string): ClientError {
  const foreign = shortCode(error)
  if (error instanceof ClientError)
    return new ClientError(error.code, error.message, { secret, foreign: error.foreign })
  if (KNOWN.includes(foreign))
    return new ClientError(foreign as ClientError['code'], 'The store refused the read.', { secret, foreign })
  return new ClientError('store-unavailable', 'The secret could not be read.', { secret, foreign })
}
