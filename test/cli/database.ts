/**
 * A PostgreSQL with two logins of one owner, and a login of its own password, as a newcomer's lockstep.yml has them.
 */
import { randomBytes } from 'node:crypto'
import type { Postgres } from '../stand/postgres.ts'
import type { Project } from './support.ts'

let count = 0

export interface Prepared {
  readonly owner: string
  readonly users: readonly [string, string]
  readonly solo: string
  /** The password of the first user and of `solo`. */
  readonly password: string
  readonly config: { readonly secrets: Readonly<Record<string, Record<string, unknown>>> }
  /** As `orders-db` is put. */
  readonly value: string
  readonly soloValue: string
  readonly adminValue: string
}

/** The roles, and a configuration of `orders-db` (alternating-users), `solo-db` (single-user) and the admin `pg-admin`. */
export async function prepare(server: Postgres): Promise<Prepared> {
  const owner = `cli_${process.pid}_${++count}`
  const users = [`${owner}_a`, `${owner}_b`] as const
  const solo = `${owner}_solo`
  const password = `Canary/${randomBytes(9).toString('base64url')}"+`
  const login = (name: string, more = '') => `CREATE ROLE ${name} LOGIN PASSWORD '${password}' ${more};`
  await server.sql(`CREATE ROLE ${owner}; ${login(users[0], `IN ROLE ${owner}`)} ${login(solo)}
    CREATE ROLE ${users[1]} LOGIN IN ROLE ${owner};
    ALTER ROLE ${users[0]} SET role = ${owner}; ALTER ROLE ${users[1]} SET role = ${owner}`)
  const target = {
    kind: 'postgres',
    endpoints: [{ name: 'main', host: server.host, port: server.port, database: 'postgres' }],
    tls: { mode: 'disable' },
    admin: { id: 'pg-admin' },
  }
  const consumers = [{ name: 'orders-api', kind: 'kubernetes', refresh: '5m' }]
  return {
    owner,
    users,
    solo,
    password,
    config: {
      secrets: {
        'orders-db': {
          strategy: 'alternating-users',
          users,
          target: { ...target, ownerRole: owner, probes: ['select 1'] },
          consumers,
        },
        'solo-db': { strategy: 'single-user', target: { ...target, admin: undefined }, grace: '1h', consumers },
      },
    },
    value: JSON.stringify({ username: users[0], password, host: server.host, note: 'kept' }),
    soloValue: JSON.stringify({ username: solo, password }),
    adminValue: JSON.stringify({ username: 'postgres', password: server.adminPassword }),
  }
}

/** Configured, and with all three values in the store. */
export async function furnished(
  project: Project,
  prepared: Prepared,
  config: object = prepared.config,
): Promise<Project> {
  project.configure(config)
  for (const [name, value] of [
    ['pg-admin', prepared.adminValue],
    ['orders-db', prepared.value],
    ['solo-db', prepared.soloValue],
  ] as const)
    await project.ok(['secret', 'put', name], { input: value })
  return project
}
