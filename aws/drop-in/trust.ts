/**
 * Which authorities are trusted when a server proves who it is.
 * @module
 */
import { readFileSync } from 'node:fs'
import { misset } from './variables.ts'

/** Amazon's own authorities, RDS included: since Node.js 20 the runtime brings them as a file and does not load them by itself. */
export const LAMBDA_BUNDLE = '/var/runtime/ca-cert.pem'

const PEM = /-----BEGIN (TRUSTED )?CERTIFICATE-----/

/** PEM text; undefined: those that Node.js trusts anyway. LOCKSTEP_CA_FILE that cannot be read or holds no certificate: `config-invalid`. */
export function trustedAuthorities(caFile: string | undefined, bundle = LAMBDA_BUNDLE): string | undefined {
  if (caFile !== undefined) {
    const own = fileText(caFile)
    if (own === undefined) throw misset('LOCKSTEP_CA_FILE', 'names a file that cannot be read')
    if (!PEM.test(own)) throw misset('LOCKSTEP_CA_FILE', 'names a file without a PEM certificate')
    return own
  }
  const amazon = fileText(bundle)
  return amazon === undefined || !PEM.test(amazon) ? undefined : [...nodesOwn(), amazon].join('\n')
}

/** LOCKSTEP_SERVER_KEY_FILE, PEM text. Cannot be read, or holds no key: `config-invalid`. */
export function serverKey(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const key = fileText(file)
  if (key === undefined) throw misset('LOCKSTEP_SERVER_KEY_FILE', 'names a file that cannot be read')
  if (!/-----BEGIN (RSA )?PUBLIC KEY-----/.test(key))
    throw misset('LOCKSTEP_SERVER_KEY_FILE', 'names a file without a PEM public key')
  return key
}

/** Imported by name, they are all read whether they are needed or not: 6 ms of the start of every function. */
const nodesOwn = (): readonly string[] => process.getBuiltinModule('node:tls').rootCertificates

function fileText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
