/**
 * What the local store does not take: refused before anything is written, and never quoted.
 * @module
 */
import { Buffer } from 'node:buffer'
import { RotationError } from '../core/errors.ts'
import type { SecretId } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'

export const MAX_VALUE_BYTES = 65_536
const MAX_ID_BYTES = 512

/** Control characters would forge lines in tables and logs. */
const CONTROL = /\p{Cc}/u

/** `refused`. */
export function checkId(id: SecretId): void {
  if (id !== '' && id.isWellFormed() && !CONTROL.test(id) && Buffer.byteLength(id) <= MAX_ID_BYTES) return
  const message = `A secret's name has 1 to ${MAX_ID_BYTES} bytes of text without control characters.`
  throw new RotationError('refused', message, { next: 'Choose another name.' })
}

/** `value-unsuitable`. */
export function checkValue(secret: SecretId, value: SecretValue): void {
  if (value.byteLength <= MAX_VALUE_BYTES) return
  const message = `The value has ${value.byteLength} bytes; the local store takes ${MAX_VALUE_BYTES}.`
  throw new RotationError('value-unsuitable', message, { secret })
}
