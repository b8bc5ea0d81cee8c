/**
 * The engines that a value may name, and what AWS's templates take for granted of each.
 * @module
 */

export type EngineName = 'postgres' | 'mysql' | 'mariadb' | 'mongodb'

export interface Engine {
  readonly name: EngineName
  /** As people write it. */
  readonly title: string
  /** In the field `engine`, and in what RDS says of a database. */
  readonly called: readonly string[]
  readonly port: number
  /** Where the value names none; undefined: none is needed. Of MongoDB it is where the users are. */
  readonly database: string | undefined
  /** What a user name may have at most; the servers cut or refuse longer ones. */
  readonly longestName: { readonly count: number; readonly unit: 'bytes' | 'characters' } | undefined
  /** Whether one login may have two passwords for a while. */
  readonly twoPasswords: boolean
}

const engines: readonly Engine[] = [
  {
    name: 'postgres',
    title: 'PostgreSQL',
    called: ['postgres', 'aurora-postgresql'],
    port: 5432,
    database: 'postgres',
    longestName: { count: 63, unit: 'bytes' },
    twoPasswords: false,
  },
  {
    name: 'mysql',
    title: 'MySQL',
    called: ['mysql', 'aurora-mysql'],
    port: 3306,
    database: undefined,
    longestName: { count: 32, unit: 'characters' },
    twoPasswords: true,
  },
  {
    name: 'mariadb',
    title: 'MariaDB',
    called: ['mariadb'],
    port: 3306,
    database: undefined,
    // the least of the versions that are in use: since 10.6 it is 128
    longestName: { count: 80, unit: 'characters' },
    twoPasswords: true,
  },
  {
    name: 'mongodb',
    title: 'MongoDB',
    // secrets of DocumentDB say the same
    called: ['mongo'],
    port: 27_017,
    database: 'admin',
    longestName: undefined,
    twoPasswords: false,
  },
]

/** Every spelling, for errors. */
export const CALLED: readonly string[] = engines.flatMap(({ called }) => called)

/** None that is known: undefined. */
export const engineCalled = (called: unknown): Engine | undefined =>
  engines.find(engine => engine.called.includes(called as string))

export const engineNamed = (name: EngineName): Engine => engines.find(engine => engine.name === name)!
