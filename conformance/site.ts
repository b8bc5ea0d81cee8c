/**
 * A server that the conformance suite of stores is run at.
 * @module
 */
import type { StoreFeature, StoreFixture } from '../core/testing/store-conformance.ts'
import type { StoreKind } from './gaps.ts'

/** What a result was had on: never more than that. */
export type Label = 'memory' | 'fake' | 'emulator' | 'real'

export interface Site {
  readonly store: StoreKind
  /** As the table of gaps calls it. */
  readonly server: string
  /** How the store is used there, where there are several ways. */
  readonly mode?: string
  readonly label: Label
  /** What nobody can arrange there. */
  readonly without: readonly StoreFeature[]
  open(): Promise<Opened | { readonly unavailable: string }>
}

export interface Opened {
  /** One fixture a case. */
  make(): Promise<StoreFixture>
  close(): Promise<void>
}

export const nothingToClose = async (): Promise<void> => {}
