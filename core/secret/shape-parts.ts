/**
 * What a format says about a value: where its parts stand.
 * @module
 */
import { RotationError } from '../errors.ts'

/** One part of a value's text. */
export interface Part {
  readonly start: number
  readonly end: number
  /** Decoded. */
  readonly text: string
  readonly encode: (text: string) => string
}

export interface Parts {
  readonly username?: Part | undefined
  readonly password: Part
  readonly host?: string | undefined
  readonly port?: string | undefined
}

export type Locate = (text: string) => Parts

/** `says` is about the value and never quotes it. */
export const unsuitable = (says: string): RotationError => new RotationError('value-unsuitable', `The value ${says}.`)
