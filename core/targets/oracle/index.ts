/**
 * Oracle Database 19.12 and later, a preview: two passwords of one login (`dual-password`) by PASSWORD_ROLLOVER_TIME.
 * Needs the package `oracledb`, which is loaded at the first connection and used in its thin mode.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { requireEndpoints } from '../common/endpoint.ts'
import { dualPassword, force } from './dual-password.ts'
import { examine } from './examine.ts'
import { acceptedBy, testLogins } from './logins.ts'
import type { Context, OracleDeps, OracleTargetOptions } from './options.ts'

export type { OracleConnection, OracleDriver } from './driver.ts'
export type { Endpoint, OracleDeps, OracleTargetOptions, TlsOptions } from './options.ts'

/** A target for one secret. Endpoints without exactly one writer, or what the driver cannot do: `config-invalid`. */
export function createOracleTarget(options: OracleTargetOptions, deps: OracleDeps): SettableTarget {
  const context: Context = { ...options, now: () => deps.now(), driver: deps.driver }
  requireEndpoints('An Oracle', context.endpoints)
  requireDialable(context)
  return {
    kind: 'settable',
    engine: 'oracle',
    endpoints: context.endpoints.map(({ name }) => name),
    ...dualPassword(context),
    test: (credential, call) => testLogins(context, credential, call),
    accepts: (credential, call) => acceptedBy(context, credential, call),
    examine: (current, call) => examine(context, current, call),
    ...(context.admin && { force: force(context) }),
  }
}

/** Host and service stand in a connect string, which has a syntax of its own; and the driver's TLS knows less than ours. */
function requireDialable({ endpoints, tls }: Context): void {
  const invalid = (message: string, next?: string) => new RotationError('config-invalid', message, { next })
  for (const { name, host, service } of endpoints)
    if (!/^[\w.:-]+$/.test(host) || !/^[\w.$#-]+$/.test(service))
      throw invalid(`Host or service of the endpoint ${name} cannot stand in a connect string.`)
  if (tls.mode === 'require')
    throw invalid('The driver of Oracle always verifies the certificate.', 'Use `mode: verify-ca` or `verify-full`.')
  if (tls.servername !== undefined)
    throw invalid('The driver of Oracle compares the certificate with the host that it dials, and no other name.')
  if (tls.mode !== 'disable' && tls.ca !== undefined && !tls.ca.includes('PRIVATE KEY'))
    throw invalid(
      'The driver of Oracle reads a certificate and a key of its own from the file of authorities, and this one has no key.',
      'Name an `ewallet.pem` as `ca`; or leave `ca` out, and trust the authority by NODE_EXTRA_CA_CERTS.',
    )
}
