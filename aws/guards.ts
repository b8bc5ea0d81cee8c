/**
 * What is not ours to change.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import type { RotationId } from '../core/ports/secret-store.ts'
import { isOwnName } from '../core/rotation/ids.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import type { Look } from './look.ts'
import type { Visit } from './visit.ts'

export const MAX_VALUE_BYTES = 65_536

/** The service's own bounds, without asking it. */
export function checkValue(secret: string, { byteLength }: SecretValue): void {
  if (byteLength > 0 && byteLength <= MAX_VALUE_BYTES) return
  const message = `A value has 1 to ${MAX_VALUE_BYTES} bytes; this one has ${byteLength}.`
  throw new RotationError('value-unsuitable', message, { at: secret })
}

/** What belongs to another service, or is a copy. */
export function requireOurs({ id }: Visit, { described }: Look): void {
  const { owner, primaryRegion, arn } = described
  if (owner !== undefined)
    throw new RotationError('refused', `The secret is managed by ${owner}, which rotates it itself.`, { at: id })
  if (primaryRegion !== undefined && primaryRegion !== regionOf(arn))
    throw new RotationError('refused', `This is a replica; the secret is rotated in ${primaryRegion}.`, {
      at: id,
      next: `Name the store in ${primaryRegion}; the replica follows by itself.`,
    })
}

/** What Secrets Manager itself has begun is its own to end, unless it asks us. */
export function requireDiscardable({ id, managed }: Visit, { described }: Look, rotation: RotationId): void {
  if (isOwnName(rotation) || !described.rotationEnabled || managed?.token === rotation) return
  throw new RotationError('refused', 'Secrets Manager has begun this rotation and may be running it.', {
    at: id,
    next: `Stop it first: \`aws secretsmanager cancel-rotate-secret --secret-id ${id}\`.`,
  })
}

/** Where rotation is configured, Secrets Manager begins one, and nothing is copied there; a rollback, an emergency and a repair are ours. */
export function requireBeginning({ id, managed }: Visit, { described }: Look, rotation: RotationId): void {
  if (!described.rotationEnabled || managed || !/^l[sf]-/.test(rotation)) return
  throw new RotationError('refused', 'Secrets Manager rotates this secret, and only it may begin a rotation.', {
    at: id,
    next: `\`aws secretsmanager rotate-secret --secret-id ${id}\`.`,
  })
}

const regionOf = (arn: string): string | undefined => arn.split(':')[3]
