/**
 * Versions for sources that have none. Keyed at random: two values differ or do not, and a log that holds the version says
 * nothing about the value.
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto'

let key: Uint8Array | undefined

/** Of this process only: the same value has another version in the next one. */
export function contentVersion(value: string): string {
  key ??= randomBytes(32)
  return createHmac('sha256', key).update(value).digest('hex').slice(0, 16)
}
