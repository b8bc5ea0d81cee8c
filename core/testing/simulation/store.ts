/**
 * What a simulated world asks of the store that it is made of.
 * @module
 */
import type { AuditEvent } from '../../audit/event.ts'
import type { SecretId, SecretStore } from '../../ports/secret-store.ts'
import type { SecretValue } from '../../secret/secret-value.ts'
import { MemoryStore, type Peek } from '../memory-store.ts'
import { type Hub, proxiedStore, type Worker } from './hub.ts'

export interface SimulatedPeek extends Peek {
  /** Versions without a stage that the engine's recovery would try, where it tries any. */
  readonly others?: readonly SecretValue[]
  /** What the record says current is, where the next run would put it back over an older value that was published late. */
  readonly recorded?: SecretValue | undefined
}

/** The port itself is what nobody disturbs; simulated processes get theirs by `connect`. */
export interface SimulatedStore extends SecretStore {
  /** Records that the store has written together with changes. */
  readonly events: readonly AuditEvent[]
  /** The documented weakness of the store that this world has met; what breaks from then on is counted apart, but for promise 1. */
  readonly weakness?: string | undefined
  /** What stands behind the stages, whatever faults say. */
  peek(id: SecretId): SimulatedPeek
  seed(id: SecretId, value: SecretValue): void
  /** A person's edit: current moves, and nothing else. */
  edit(id: SecretId, value: SecretValue): void
  /** A pending version that somebody else brought. */
  seedForeignPending(id: SecretId, value: SecretValue): void
  /** The port as one process has it: everything that it asks goes through the hub. */
  connect(hub: Hub, worker: Worker): SecretStore
}

export class SimulatedMemoryStore extends MemoryStore implements SimulatedStore {
  connect(hub: Hub, worker: Worker): SecretStore {
    return proxiedStore(this, hub, worker)
  }
}
