/**
 * What can be seen from outside at one moment: the store's stages with their values, and whom the server lets in.
 * @module
 */
import type { AuditEvent } from '../../core/audit/event.ts'
import type { SecretState, VersionId } from '../../core/ports/secret-store.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { storeCall } from '../../demo/playground.ts'
import type { LocalStore } from '../../local/index.ts'

export interface Seen {
  readonly state: SecretState
  readonly current: Credential
  readonly previous: Credential | undefined
  readonly pending: Credential | undefined
  /** The secret's newest events, oldest first. */
  readonly events: readonly AuditEvent[]
}

/** More than one operation and its reruns write. */
const EVENTS = 40

export async function observe(setup: RotationSetup): Promise<Seen> {
  const { id, shape, clock } = setup
  const store = setup.store as LocalStore
  const state = await store.describe(id, storeCall(clock))
  if (!state) throw new Error('The secret is gone.')
  const credential = async (which: Parameters<LocalStore['read']>[1]) => {
    const found = await store.read(id, which, storeCall(clock))
    if (!found || found.value === 'disabled') throw new Error('A version that the store names is gone.')
    return shape.read(found.value)
  }
  const { current, previous, pending } = state
  return {
    state,
    current: await credential(current.version),
    previous: previous && (await credential(previous.version)),
    pending: pending && (await credential({ pending: pending.rotation })),
    events: await store.audit.events({ secret: id, limit: EVENTS }),
  }
}

/** The events that ended a rotation, or a credential, with success. */
export const endings = (
  { events }: Seen,
  type: AuditEvent['event_type'],
  of: { readonly rotation?: string; readonly old?: VersionId },
): readonly AuditEvent[] =>
  events.filter(
    ({ event_type, result, metadata, secret_version }) =>
      event_type === type &&
      result === 'success' &&
      (of.rotation === undefined || metadata.rotation_id === of.rotation) &&
      (of.old === undefined || secret_version.old === of.old),
  )
