/**
 * Logging in without TLS. A password that the server has not cached then goes out encrypted with the server's RSA key, and the
 * driver would take any key that whoever answers sends: here it must be the configured one.
 * @module
 */
import { createPublicKey } from 'node:crypto'
import type { AuthPlugin } from 'mysql2'
import { RotationError } from '../../errors.ts'

type Factory = (options: { onServerPublicKey: (key: Buffer) => void }) => AuthPlugin

/** The driver's own plugins; its types do not show them. */
export interface KeyedPlugins {
  readonly authPlugins: { readonly caching_sha2_password: Factory; readonly sha256_password: Factory }
}

/** `refuse` is told why before the password goes anywhere. The configured key is no key: `config-invalid`. */
export function pinnedPlugins(
  { authPlugins }: KeyedPlugins,
  serverPublicKey: string | undefined,
  refuse: (why: RotationError) => void,
  at: string,
): Record<string, AuthPlugin> {
  const expected = serverPublicKey === undefined ? undefined : keyBytes(serverPublicKey)
  if (expected === null)
    throw new RotationError('config-invalid', 'The configured server public key is not PEM.', { at })
  const onServerPublicKey = (sent: Buffer) => {
    if (expected !== undefined && keyBytes(sent.toString('latin1'))?.equals(expected)) return
    const why = expected === undefined ? notPinned(at) : notExpected(at)
    refuse(why)
    throw why
  }
  return {
    caching_sha2_password: authPlugins.caching_sha2_password({ onServerPublicKey }),
    sha256_password: authPlugins.sha256_password({ onServerPublicKey }),
  }
}

/** Null: not a key. */
function keyBytes(pem: string): Buffer | null {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'der' })
  } catch {
    return null
  }
}

const notPinned = (at: string): RotationError =>
  new RotationError('tls-failed', 'Without TLS the password would be encrypted with a key that anybody could send.', {
    at,
    next: 'Enable TLS; or configure the public key of the server (SHOW STATUS LIKE "Caching_sha2_password_rsa_public_key").',
  })

const notExpected = (at: string): RotationError =>
  new RotationError('tls-failed', 'The server sent another public key than the configured one.', {
    at,
    next: 'Compare the key with that of the server, on the server; enable TLS if you can.',
  })
