/**
 * What a command answers: the same thing for people and for programs.
 * @module
 */
import type { ExitCode } from '../core/errors.ts'
import type { Loggable } from '../core/secret/loggable.ts'

export interface Answer {
  /** The one JSON object of `--json`. */
  readonly data: Readonly<Record<string, Loggable>>
  /** For people. */
  readonly text: string
  /** The command to type next, without `lockstep`. */
  readonly next?: string | undefined
  /** 0 if left out. */
  readonly exit?: 0 | ExitCode
}

/** Nothing is wrong, and there is nothing to do but to come again later. */
export const WAITING = 3
