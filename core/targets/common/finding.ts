/**
 * How findings are written, and those that every engine has.
 * @module
 */
import type { Finding, Strategy } from '../../ports/rotation-target.ts'
import type { TlsOptions } from './endpoint.ts'

export const blocks = (kind: string, explanation: string, more: Partial<Finding> = {}): Finding => ({
  kind,
  weight: 'blocks',
  explanation,
  ...more,
})

export const warns = (kind: string, explanation: string, more: Partial<Finding> = {}): Finding => ({
  ...blocks(kind, explanation, more),
  weight: 'warns',
})

/** `plaintext`: what can be read on the way without TLS. */
export function* tlsFindings({ mode }: TlsOptions, plaintext: string): Iterable<Finding> {
  if (mode === 'require')
    yield warns('insecure-tls', 'TLS does not verify the server (mode require): anybody may answer in its place.')
  if (mode === 'disable') yield warns('insecure-tls', `TLS is disabled: ${plaintext}`)
}

export function* adminFindings(strategy: Strategy, admin: unknown): Iterable<Finding> {
  if (strategy === 'alternating-users' && admin === undefined)
    yield blocks(
      'admin-missing',
      'Alternating users need an admin secret: neither login may change the password of the other.',
    )
}
