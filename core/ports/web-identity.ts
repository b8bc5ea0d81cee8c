/**
 * A workload's own identity, as a token that its cloud signs for somebody else: what another cloud lets it in with, so that no key
 * is stored for it.
 * @module
 */
import type { SecretValue } from '../secret/secret-value.ts'
import type { Call } from './secret-store.ts'

export const clouds = ['aws', 'gcp', 'azure'] as const
export type Cloud = (typeof clouds)[number]

export type IdentityCall = Pick<Call, 'signal' | 'deadline'>

/**
 * A signed token (JWT) for one audience, good for minutes to hours. Repeat: another token, or the same while it is good; nothing has
 * changed either way. Whoever runs this has no identity of the cloud, may not ask, or has a stored key only: `access-denied`. No answer:
 * `store-unavailable`. The SDK missing: `driver-missing`. Ends with the signal (`aborted`) or the deadline (`no-time`).
 */
export type WebIdentity = (audience: string, call: IdentityCall) => Promise<SecretValue>

/**
 * By the clouds whose source is at hand, each loaded when it is used. `as`: another identity than the workload's own one, that it may
 * act as.
 */
export type WebIdentities = { readonly [cloud in Cloud]?: (as: string | undefined) => Promise<WebIdentity> }
