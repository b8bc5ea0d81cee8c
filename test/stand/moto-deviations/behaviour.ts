import type { Check } from '../emulated.ts'

export interface Behaviour {
  readonly behaviour: string
  /** Where AWS says so: an operation of the API reference, or a page of the User Guide. */
  readonly source: string
  readonly aws: Check
  /** What moto does instead. */
  readonly moto?: Check
}
