/**
 * Everything that a command may touch of the process around it: handed in, so that tests run commands in their own process.
 * @module
 */
import type { Clock } from '../core/ports/clock.ts'
import type { SignInPlaces } from './identities.ts'

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
}

export interface Input extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean
  /** Present on a terminal. */
  setRawMode?(raw: boolean): unknown
  /** Ends the reading with this error. */
  destroy?(error: Error): unknown
}

export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Input
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal
  /** Servers of tests. */
  readonly signInPlaces?: SignInPlaces
}
