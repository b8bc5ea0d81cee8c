/**
 * What sockets and TLS throw, in Lockstep's codes. Of a foreign error nothing but its code is kept: its message and properties may
 * hold a statement.
 * @module
 */
import type { ErrorCode } from '../../errors.ts'

/** What was going on: a lost connection means something else in each. */
export type Phase = 'login' | 'statement' | 'change' | 'probe'

export interface Where {
  /** The endpoint's name. */
  readonly at: string
  /** Whether the connection was configured to go without TLS. */
  readonly plaintext: boolean
}

export type Outcome = readonly [code: ErrorCode, message: string]

/** The two things of any thrown thing that a mapping may look at; only the code may be kept. */
export function foreign(error: unknown): { readonly code: string | undefined; readonly message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : undefined,
    message: typeof message === 'string' ? message : '',
  }
}

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO$)/

/** After a change was sent, whatever the connection died of: its outcome is unknown. */
export function byTransport(code: string | undefined, phase: Phase): Outcome {
  if (phase === 'change') return ['unknown-outcome', 'The connection was lost after the change was sent.']
  if (code !== undefined && TLS_CODE.test(code)) return ['tls-failed', tlsText(code)]
  return ['target-unreachable', 'The server did not answer.']
}

const tlsText = (code: string): string =>
  code === 'ERR_TLS_CERT_ALTNAME_INVALID'
    ? 'The certificate of the server is made out to another name.'
    : 'The TLS connection could not be established or its certificate not be verified.'
