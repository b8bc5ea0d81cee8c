/**
 * What a demo hands over at its end.
 * @module
 */
export interface Ended {
  /** For machines. */
  readonly shown: object
  /** For people. */
  readonly table: string
  /** In words, empty if every promise was kept. */
  readonly broken: readonly string[]
}
