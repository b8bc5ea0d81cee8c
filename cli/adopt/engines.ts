/**
 * The engines whose templates Lockstep takes over from, and what their secrets look like in `lockstep.yml`. Pure.
 * @module
 */
import type { Connection } from '../../aws/inventory.ts'
import type { Template } from './templates.ts'
import { scalar } from './yaml.ts'

export interface Adopting {
  /** Of the target. */
  readonly kind: 'postgres' | 'mysql' | 'mariadb' | 'mongodb'
  readonly port: number
  /** Whether an endpoint names a database, and which if the value says none. */
  readonly needsDatabase: boolean
  readonly database?: string
  /** Better than one password at a time, for people to choose. */
  readonly recommended?: string
  /** Lines of the target after its endpoints. */
  readonly more?: (connection: Connection) => readonly string[]
}

const engines: Partial<Record<Template['engine'], Adopting>> = {
  PostgreSQL: { kind: 'postgres', port: 5432, needsDatabase: true, database: 'postgres' },
  MySQL: {
    kind: 'mysql',
    port: 3306,
    needsDatabase: false,
    recommended: 'dual-password, on MySQL 8.0.14 and later: GRANT APPLICATION_PASSWORD_ADMIN ON *.* to the login',
    more: ({ ssl }) =>
      ssl === false
        ? ['# Needed where accounts use caching_sha2_password:', '# serverPublicKey: ./server-key.pem']
        : [],
  },
  MariaDB: {
    kind: 'mariadb',
    port: 3306,
    needsDatabase: false,
    recommended: 'dual-password, with an admin: masterarn in the value, and admin in the target',
  },
  MongoDB: {
    kind: 'mongodb',
    port: 27_017,
    needsDatabase: false,
    more: ({ ssl, dbname }) => [
      ...(dbname === undefined || dbname === 'admin' ? [] : [`authSource: ${scalar(dbname)}`]),
      ...(ssl === false ? ['plaintext: true # new passwords too, which MongoDB must be sent as they are'] : []),
    ],
  },
}

/** None: stays with its function. */
export const adopting = (engine: Template['engine']): Adopting | undefined => engines[engine]
