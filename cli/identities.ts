/**
 * The identities that a process may have in the clouds, and sign in to another one with. Each is loaded when it is used.
 * @module
 */
import type { Clock } from '../core/ports/clock.ts'
import type { WebIdentities } from '../core/ports/web-identity.ts'

/** Other addresses of the services that sign in: servers of tests. No configuration names them. */
export interface SignInPlaces {
  /** Of STS. */
  readonly aws?: string
  readonly google?: { readonly sts: string; readonly iam: string }
  readonly entra?: string
}

export const cloudIdentities = (clock: Pick<Clock, 'now'>, places: SignInPlaces = {}): WebIdentities => ({
  aws: async () => (await import('../aws/web-identity.ts')).awsWebIdentity(clock, undefined, places.aws),
  gcp: async as => (await import('../gcp/web-identity.ts')).gcpWebIdentity(as, clock, places.google?.iam),
  azure: async as => (await import('../azure/web-identity.ts')).azureWebIdentity(as, clock),
})
