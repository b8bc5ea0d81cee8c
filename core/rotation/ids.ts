/**
 * The names of rotations. A name is computed from what the store shows, so that every retry, duplicate event and second
 * worker arrives at the same one; and from the generation, so that no name is ever used twice.
 * @module
 */
import { createHash } from 'node:crypto'
import type { RotationId, SecretId, VersionId } from '../ports/secret-store.ts'

export interface Basis {
  readonly current: { readonly version: VersionId }
  readonly generation: number
}

const hash = (secret: SecretId, { current, generation }: Basis): string =>
  createHash('sha256')
    .update(JSON.stringify([secret, current.version, generation]))
    .digest('hex')
    .slice(0, 40)

const name = (prefix: string, secret: SecretId, basis: Basis): RotationId =>
  `${prefix}-${hash(secret, basis)}` as RotationId

export const rotationId = (secret: SecretId, state: Basis): RotationId => name('ls', secret, state)

/** A rollback is a rotation to the previous value; its name says so to whoever finishes it. */
export const rollbackId = (secret: SecretId, state: Basis): RotationId => name('lr', secret, state)

/**
 * The reason is what makes two emergencies the same one: kept with the promotion as the request, so that a repetition finishes
 * the first instead of beginning a second.
 */
export const emergencyToken = (reason: string): string =>
  `revoke-${createHash('sha256').update(reason).digest('hex').slice(0, 32)}`

/** The rotation of an emergency names the request too: whoever finishes it, a repetition of the request recognises it. */
export const emergencyId = (secret: SecretId, state: Basis, token: string): RotationId =>
  name(emergencyPrefix(token), secret, state)

export const isEmergency = (rotation: RotationId | undefined, token: string): boolean =>
  rotation?.startsWith(`${emergencyPrefix(token)}-`) ?? false

const emergencyPrefix = (token: string): string => `le-${createHash('sha256').update(token).digest('hex').slice(0, 16)}`

export const isRollback = (rotation: RotationId | undefined): boolean => rotation?.startsWith('lr-') ?? false

/** A copy of a leader's version at a follower; `mark`: twenty hexadecimal digits. */
export const copyName = (mark: string, secret: SecretId, basis: Basis): RotationId => name(`lf-${mark}`, secret, basis)

/** A name that only this engine makes, whatever made it ask. */
export const isOwnName = (version: string): version is RotationId =>
  /^(?:l[sr]|le-[0-9a-f]{16}|lf-[0-9a-f]{20})-[0-9a-f]{40}$/.test(version)

/** Whether the rotation was named for exactly this secret, current version and generation: a store needs no record of its base. */
export const derivesFrom = (rotation: RotationId, secret: SecretId, basis: Basis): boolean =>
  isOwnName(rotation) && rotation.endsWith(`-${hash(secret, basis)}`)
