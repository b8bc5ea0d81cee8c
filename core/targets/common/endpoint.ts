/**
 * Where consumers log in, and how the connections are encrypted: what every engine's options have in common.
 * @module
 */
import { RotationError } from '../../errors.ts'

export interface Endpoint {
  /** Names it in errors and in `Acceptance`. */
  readonly name: string
  readonly host: string
  /** The engine's own if left out. */
  readonly port?: number | undefined
  /**
   * `writer`: where changes are made. `reader`: a replica, which shows a change later. `pooler`: a proxy in front of one of
   * them; tested like the others, never asked about sessions.
   */
  readonly role: 'writer' | 'reader' | 'pooler'
}

export interface TlsOptions {
  /**
   * `verify-full`: chain and host name. `verify-ca`: chain only. `require`: encrypted, but anybody may answer (insecure).
   * `disable`: plaintext (insecure). What is configured is what happens: there is no fall-back.
   */
  readonly mode: 'verify-full' | 'verify-ca' | 'require' | 'disable'
  /** Certificates of the authorities to trust, PEM text; those that Node.js ships if left out. */
  readonly ca?: string | undefined
  /** The name that the certificate must bear, where it is not the host that is dialled. */
  readonly servername?: string | undefined
}

export const writerOf = <E extends Endpoint>({ endpoints }: { readonly endpoints: readonly E[] }): E =>
  endpoints.find(({ role }) => role === 'writer')!

/** `writers`: how many places take changes; with `one`, the others are its replicas. Not so: `config-invalid`. */
export function requireEndpoints(
  engine: string,
  endpoints: readonly Endpoint[],
  writers: 'one' | 'some' = 'one',
): void {
  const invalid = (message: string) => new RotationError('config-invalid', message)
  const found = endpoints.filter(({ role }) => role === 'writer').length
  if (writers === 'one' ? found !== 1 : found === 0)
    throw invalid(
      `${engine} target needs ${writers === 'one' ? 'exactly' : 'at least'} one endpoint with the role writer.`,
    )
  if (new Set(endpoints.map(({ name }) => name)).size !== endpoints.length)
    throw invalid(`Two endpoints of ${engine} target have the same name.`)
}
