/**
 * A PostgreSQL server for `lockstep dev`, wherever it comes from.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'

export interface DevServer {
  readonly host: string
  readonly port: number
  readonly database: string
  /** May create logins. */
  readonly admin: Credential
  /** What names of logins begin with: on a server that others use too, something of its own. */
  readonly prefix: string
  /** Whether the server goes with us, and the logins with it. */
  readonly ours: boolean
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
/** A server that trusts asks for none. */
const NOT_ASKED_FOR = 'not-asked-for'

/** The server of `--url`. With a password in it, or elsewhere than on this machine: `usage`. */
export function givenServer(url: string, password: string | undefined, prefix: string): DevServer {
  const parsed = URL.parse(url)
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.username === '')
    throw new RotationError('usage', '--url needs a form such as postgresql://postgres@localhost:5432/postgres.')
  if (parsed.password !== '')
    throw new RotationError('usage', 'The password in --url could be read in the list of processes.', {
      next: 'Consider it leaked. Leave it out, and set PGPASSWORD.',
    })
  if (!LOOPBACK.includes(parsed.hostname))
    throw new RotationError('usage', 'lockstep dev makes and drops logins: it takes a server of this machine only.')
  const username = decodeURIComponent(parsed.username)
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 5432),
    database: decodeURIComponent(parsed.pathname.slice(1)) || username,
    admin: { username, password: SecretValue.of(password || NOT_ASKED_FOR) },
    prefix,
    ours: false,
  }
}
