/**
 * Where a pending value waits until it is promoted, by mode, and what a version's id then is.
 * @module
 */
import { Buffer } from 'node:buffer'
import type { RotationId, SecretId, VersionId } from '../core/ports/secret-store.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { numberOf, type Visit } from './visit.ts'

const SIBLING = 'lockstep-'

/** The secret beside it that holds pending values where consumers read `latest`. */
export const siblingOf = (id: SecretId): SecretId => `${id}-lockstep-pending`
export const isSibling = (id: SecretId): boolean => id.endsWith('-lockstep-pending')

export const mainVersion = (number: number): VersionId => String(number) as VersionId
export const siblingVersion = (number: number): VersionId => `${SIBLING}${number}` as VersionId
export const isInSibling = (version: VersionId): boolean => version.startsWith(SIBLING)

/** Names the rotation, so that a value left by an older one is never taken for this one's. */
const envelope = (rotation: RotationId, value: SecretValue): SecretValue =>
  SecretValue.of(JSON.stringify({ rotation, value: Buffer.from(value.reveal()).toString('base64') }))

export function openEnvelope(
  text: SecretValue,
): { readonly rotation: RotationId; readonly value: SecretValue } | undefined {
  try {
    const { rotation, value } = JSON.parse(text.reveal()) as { rotation: RotationId; value: string }
    return { rotation, value: SecretValue.of(Buffer.from(value, 'base64').toString()) }
  } catch {
    return undefined
  }
}

/** An envelope is a third larger than what is in it. */
export const MAX_ENVELOPED_BYTES = 48_000

export async function addToSibling(visit: Visit, rotation: RotationId, value: SecretValue): Promise<VersionId> {
  const sibling = siblingOf(visit.id)
  const enveloped = envelope(rotation, value)
  const add = async () => siblingVersion(await visit.add(sibling, enveloped))
  try {
    return await add()
  } catch (error) {
    if (Object(error).code !== 'secret-not-found') throw error
    await visit.requests.create(sibling, visit.call)
    return await add()
  }
}

/** Absent: undefined. */
export async function valueAt(visit: Visit, version: VersionId): Promise<SecretValue | 'disabled' | undefined> {
  const inSibling = isInSibling(version)
  const found = await visit.value(inSibling ? siblingOf(visit.id) : visit.id, numberOf(version))
  if (!found || found === 'disabled' || !inSibling) return found
  return openEnvelope(found)?.value
}
