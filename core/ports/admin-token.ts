/**
 * An admin's login without a stored password: a short-lived token, which the server takes in a password's place.
 * @module
 */
import type { SecretValue } from '../secret/secret-value.ts'

export const adminTokens = ['rds-iam', 'cloud-sql-iam', 'entra'] as const
export type AdminToken = (typeof adminTokens)[number]

export interface TokenLogin {
  readonly user: string
  readonly host: string
  readonly port: number
  /** Where the host does not say it. */
  readonly region: string | undefined
}

/**
 * A token for one login, fresh at each call. Whoever runs this has no credentials of the cloud, or may not: `access-denied`. No answer:
 * `target-unreachable`.
 */
export type FetchToken = (login: TokenLogin) => Promise<SecretValue>

/** By the kinds that are reached from here, each loaded when it is used. */
export type AdminTokens = { readonly [kind in AdminToken]?: () => Promise<FetchToken> }
