/**
 * How the login stands in the value, and what else the value says: remembered with each credential that is read, so that a target
 * can be made from the credential that it is handed, without asking the store once more.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Credential, ValueShape } from '../../core/secret/credential.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { defaultFields } from '../../core/secret/shape-json.ts'
import { type DatabaseSecret, parseDatabaseSecret } from './database-secret.ts'

const remembered = new WeakMap<Credential, DatabaseSecret>()

/** `saw` is told of every value that is read. */
export function databaseShape(saw: (secret: DatabaseSecret) => void = () => {}): ValueShape {
  const login = valueShape({ format: 'json', fields: defaultFields })
  return {
    read(value) {
      const credential = login.read(value)
      const secret = parseDatabaseSecret(value)
      remembered.set(credential, secret)
      saw(secret)
      return credential
    },
    write: (base, credential) => login.write(base, credential),
    differsOnlyInLogin: (one, other) => login.differsOnlyInLogin(one, other),
  }
}

/** What the value said from which the shape has read this credential. */
export function databaseOf(credential: Credential): DatabaseSecret {
  const secret = remembered.get(credential)
  if (secret !== undefined) return secret
  throw new RotationError('internal', 'A credential came from somewhere else than a value of the store.')
}
