/**
 * A server's logins, and their secrets in the store: an admin who may no more than it must, one login, and a pair.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Postgres } from '../../test/stand/postgres.ts'
import type { Site } from './site.ts'
import type { Timing } from './timing.ts'

export interface Member {
  /** The secret's, and the login's. */
  readonly name: string
  readonly strategy: 'single-user' | 'alternating-users'
}

export const ADMIN = 'pg-admin'

export async function makeLogins(server: Postgres, site: Site, members: readonly Member[]): Promise<void> {
  const keep = (id: string, username: string): string => {
    const password = randomBytes(24).toString('hex')
    const { host, port } = server
    site.createSecret(id, JSON.stringify({ engine: 'postgres', host, port, username, password, dbname: 'postgres' }))
    return `LOGIN PASSWORD '${password}'`
  }
  const statements = [
    `CREATE ROLE lockstep_admin CREATEROLE ${keep(ADMIN, 'lockstep_admin')}; GRANT pg_read_all_stats, pg_signal_backend TO lockstep_admin`,
    'SET ROLE lockstep_admin',
  ]
  for (const { name, strategy } of members) {
    if (strategy === 'single-user') statements.push(`CREATE ROLE "${name}" ${keep(name, name)}`)
    else
      statements.push(
        `CREATE ROLE "${name}"; CREATE ROLE "${name}_a" IN ROLE "${name}" ${keep(name, `${name}_a`)}; CREATE ROLE "${name}_b" IN ROLE "${name}" LOGIN`,
        `ALTER ROLE "${name}_a" SET role = "${name}"; ALTER ROLE "${name}_b" SET role = "${name}"`,
      )
  }
  await server.sql(statements.join('; '))
}

export const configText = (
  { host, port }: Postgres,
  site: Site,
  members: readonly Member[],
  timing: Timing,
): string => `version: 1
deployment: demo
stores:
  cloud: ${site.storeText.replace('PROPAGATION', `propagation: ${timing.lag}ms`)}
audit: [{ kind: file, file: audit.jsonl }]
defaults:
  interval: never
  grace: ${timing.grace}ms
  replicaLag: 0s
  consumers: [{ name: clients, kind: other, refresh: ${timing.refresh}ms, connectRetry: ${timing.connectRetry}ms }]
secrets:
${members.map(member => secretText(member, `{ host: ${host}, port: ${port}, database: postgres }`)).join('')}`

const secretText = ({ name, strategy }: Member, endpoint: string) => `  ${name}:
    strategy: ${strategy}
    target:
      kind: postgres
      endpoints: [${endpoint}]
      tls: { mode: disable } # loopback only
      probes: [select 1]
${strategy === 'single-user' ? '' : `      ownerRole: ${name}\n      admin: { id: ${ADMIN} }\n    users: [${name}_a, ${name}_b]\n`}`
