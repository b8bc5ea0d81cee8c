/**
 * TLS as configured and never less, as Node.js wants to be told.
 * @module
 */
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import type { TlsOptions } from './endpoint.ts'

/** False: plaintext, because the configuration says so. */
export function tlsConnection(tls: TlsOptions, host: string): false | ConnectionOptions {
  if (tls.mode === 'disable') return false
  const expected = tls.servername ?? host
  return {
    // explicit, so that NODE_TLS_REJECT_UNAUTHORIZED cannot weaken it
    rejectUnauthorized: tls.mode !== 'require',
    // of our own, because drivers overwrite `servername` with the host that they dial
    checkServerIdentity: (_, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(expected, certificate) : undefined,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  }
}
