/**
 * What is sent instead of a password. The server stores a SCRAM verifier as it is (RFC 5802, RFC 7677), so the password never
 * reaches its log, its statistics or its replicas. The verifier does: `pg_stat_statements` keeps the whole statement. From it a
 * password can only be guessed, which is hopeless for a generated one; who holds it can impersonate the server, not log in.
 * @module
 */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { saslprep } from '@mongodb-js/saslprep'
import { RotationError } from '../../errors.ts'
import type { Credential } from '../../secret/credential.ts'
import type { PostgresTargetOptions } from './options.ts'

/** The server's default. More would add nothing to a random password, and `pg` refuses more than 100,000. */
const ITERATIONS = 4096
const VERIFIER = /^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/

/** What stands after PASSWORD in the statement, before it is quoted. */
export async function storedForm(credential: Credential, hash: PostgresTargetOptions['hash']): Promise<string> {
  const password = credential.password.reveal()
  // the server takes '' for "no password at all"
  if (password === '' || password.includes('\0')) throw unsuitable('is empty or contains NUL')
  if (hash === 'plaintext') return password
  if (hash === 'md5')
    return `md5${createHash('md5')
      .update(password + credential.username)
      .digest('hex')}`
  return scramVerifier(password)
}

/** Begins at once, so that it is ready when the logins are; throws only where it is asked for. */
export function storedFormAhead(...of: Parameters<typeof storedForm>): () => Promise<string> {
  const computing = storedForm(...of)
  computing.catch(() => {})
  return () => computing
}

async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(16)
  const salted = await promisify(pbkdf2)(prepared(password), salt, ITERATIONS, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  const verifier = `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
  // a malformed one would be taken for a plaintext password, without a word
  if (!VERIFIER.test(verifier)) throw new RotationError('internal', 'The SCRAM verifier is malformed; it was not sent.')
  return verifier
}

/**
 * SASLprep as the server does it: a password that it prohibits is used as it is. Then libpq sends it raw while other clients
 * normalise it, so only one that normalising leaves alone works for every consumer.
 */
function prepared(password: string): string {
  try {
    return saslprep(password)
  } catch {
    if (password.normalize('NFKC') === password && !MAPPED.test(password)) return password
    throw unsuitable('contains characters that clients normalise differently')
  }
}

/** What SASLprep maps to a space or to nothing (RFC 3454, C.1.2 and B.1). */
const MAPPED = /[\u034f\ufe00-\ufe0f\u180b-\u180d\u00a0\u00ad\u1680\u1806\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/

const unsuitable = (why: string): RotationError =>
  new RotationError('value-rejected', `The new password ${why}; it was not sent.`)
