/**
 * A copy that a store keeps in another region by itself. It is looked at there and never written.
 * @module
 */
import type { Call, SecretId, VersionId } from './secret-store.ts'

export interface ReplicaSight {
  /** What consumers in its region are shown, under the leader's own id. */
  readonly version: VersionId
  /** The region that it is copied from. Undefined: it stands alone. */
  readonly from?: string
}

export interface NativeReplica {
  /** Asks its own region. Absent: undefined. Denied: `access-denied`. */
  look(id: SecretId, call: Call): Promise<ReplicaSight | undefined>
  /** Makes it a secret of its own, which its region may write; nothing reaches it from the leader any more. Repeat: nothing. */
  detach(id: SecretId, call: Call): Promise<void>
}
