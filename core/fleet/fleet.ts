/**
 * Many secrets and how to reach them, as a sweep sees them.
 * @module
 */
import type { Config } from '../config/types.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { Call, SecretId, SecretStore } from '../ports/secret-store.ts'
import type { RotationSetup } from '../rotation/setup.ts'
import type { MemberName } from './member.ts'

/** What a sweep has to know besides the port. */
export interface FleetFacts {
  /** The store itself begins the rotations of this secret. */
  readonly rotatedBy?: { readonly name: string }
}

export interface FleetStore extends SecretStore {
  /** After `describe` of the same run: without a further call. Absent method: there is nothing to know. */
  facts?(id: SecretId, call: Call): Promise<FleetFacts | undefined>
  /** Asks the store for the rotation that it runs itself. One is under way: `under-way`, and no second one begins. */
  startRotation?(id: SecretId, call: Call): Promise<'started' | 'under-way'>
  /** The id under which `list` shows the secret. Absent: the same. */
  listedAs?(id: SecretId): SecretId
}

export interface Fleet {
  readonly config: Config
  readonly clock: Clock
  /** The member that this deployment acts for. Absent: that of each secret's own store. */
  readonly member?: MemberName
  /** Who leads the secrets that have followers. Cannot be reached from here: `config-invalid`. */
  register(): LeaderRegister
  /** By its name in the configuration; opened once. */
  store(name: string): Promise<FleetStore>
  /** A secret with all that a run of the engine needs, for that member. */
  setup(name: string): Promise<RotationSetup>
}
