/**
 * Two logins of one owner, as alternating-users needs them, at the server of `lockstep dev`.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { DevServer } from './server.ts'

export interface Logins {
  readonly owner: string
  readonly users: readonly [string, string]
}

export const loginsOf = ({ prefix }: DevServer): Logins => ({ owner: prefix, users: [`${prefix}_a`, `${prefix}_b`] })

const PATIENCE_MS = 10_000

/** Runs statements as the admin; answers the rows of the last. */
export async function sql(server: DevServer, text: string, clock: Clock = systemClock) {
  const { openSession } = await import('../../core/targets/postgres/connect.ts')
  const { host, port, database, admin } = server
  const endpoint = { name: 'dev', host, port, database, role: 'writer' } as const
  const context = {
    strategy: 'single-user',
    endpoints: [endpoint],
    tls: { mode: 'disable' },
    owner: 'lockstep:dev',
    now: () => clock.now(),
  } as const
  const call = { signal: new AbortController().signal, deadline: clock.now() + PATIENCE_MS }
  const session = await openSession(context, endpoint, admin, call)
  try {
    return await session.query(text)
  } finally {
    session.close()
  }
}

/** Makes them; answers the value of the first. */
export async function makeLogins(server: DevServer): Promise<SecretValue> {
  const { storedForm } = await import('../../core/targets/postgres/verifier.ts')
  const { identifier, literal } = await import('../../core/targets/postgres/quote.ts')
  const { owner, users } = loginsOf(server)
  const password = randomBytes(24).toString('hex')
  const stored = await storedForm({ username: users[0], password: SecretValue.of(password) }, 'scram-sha-256')
  const [role, a, b] = [owner, ...users].map(identifier)
  await sql(
    server,
    `CREATE ROLE ${role}; CREATE ROLE ${a} LOGIN IN ROLE ${role} PASSWORD ${literal(stored)}; CREATE ROLE ${b} LOGIN IN ROLE ${role};
     ALTER ROLE ${a} SET role = ${role}; ALTER ROLE ${b} SET role = ${role}`,
  )
  const { host, port, database: dbname } = server
  return SecretValue.of(JSON.stringify({ engine: 'postgres', host, port, username: users[0], password, dbname }))
}

/** Takes them away, with their sessions and what they own in this database. */
export async function dropLogins(server: DevServer): Promise<void> {
  const { identifier, literal } = await import('../../core/targets/postgres/quote.ts')
  const { owner, users } = loginsOf(server)
  const all = [...users, owner].map(identifier).join(', ')
  const named = users.map(literal).join(', ')
  await sql(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN (${named})`)
  await sql(server, `DROP OWNED BY ${all}; DROP ROLE ${all}`)
}

/** How many sessions each login has: a pool that follows moves from one to the other. */
export async function sessionsOf(server: DevServer): Promise<ReadonlyMap<string, number>> {
  const { literal } = await import('../../core/targets/postgres/quote.ts')
  const named = loginsOf(server).users.map(literal).join(', ')
  const rows = await sql(
    server,
    `SELECT usename::text AS login, count(*)::int AS sessions FROM pg_stat_activity WHERE usename IN (${named}) GROUP BY 1`,
  )
  return new Map(rows.map(({ login, sessions }) => [login as string, sessions as number]))
}
