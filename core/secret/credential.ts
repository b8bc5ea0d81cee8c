/**
 * What a target needs to log somebody in. The rest of a secret's value (host, comments, other fields) is the shape's business.
 * @module
 */
import type { SecretValue } from './secret-value.ts'

export interface Credential {
  readonly username: string
  readonly password: SecretValue
  /** Host and port that the value itself names, if it does: compared between versions, never dialled. */
  readonly host?: string | undefined
  readonly port?: string | undefined
}

/**
 * How a credential stands in the secret's value. `write` keeps every other part of `base` as it was.
 * All throw `value-unsuitable`, naming the part that is missing, never its content.
 */
export interface ValueShape {
  read(value: SecretValue): Credential
  write(base: SecretValue, credential: { readonly username: string; readonly password: SecretValue }): SecretValue
  /** Whether nothing but username and password tells the two values apart; the layout of JSON does not count. */
  differsOnlyInLogin(one: SecretValue, other: SecretValue): boolean
}
