/**
 * One cloud as a scene sees it: the fake of its store, what its consumers read there, and a person with rights to it.
 * @module
 */
import type { Source } from '../reading.ts'
import type { Tripwire } from './tripwire.ts'

export type SiteName = 'gcp alias' | 'gcp latest' | 'azure'

export interface Held {
  readonly version: string
  readonly text: string
}

export interface Site {
  readonly name: SiteName
  /** The store as `lockstep.yml` says it. */
  readonly storeText: string
  /** An authority that whoever calls the store has to trust, PEM text. */
  readonly ca?: string
  /** How consumers read. */
  readonly source: Source
  /** Springs at a request of Lockstep. */
  readonly tripwire: Tripwire
  /** What a rotation is for the store: the operations that Lockstep asked for since `forget`. */
  calls(): readonly string[]
  forget(): void
  createSecret(id: string, text: string): void
  /** A person's edit: consumers read it. Answers the version. */
  putAsPerson(id: string, text: string): string
  /** What is current, as the service has it; reading this is no call. */
  current(id: string): Held
  /** Absent or no longer readable: undefined. */
  valueOf(id: string, version: string): string | undefined
  close(): Promise<void>
}
