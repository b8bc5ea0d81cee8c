/** A real PostgreSQL: its newest version. */
import { createPostgresTarget } from '../../../core/targets/postgres/index.ts'
import { startPostgres } from '../../../test/stand/postgres.ts'
import { requireServer } from '../../../test/stand/stand.ts'
import { credential, firstUser, newPassword, type Open, owner, plain, users } from '../server.ts'

export const open: Open = async (strategy, clock) => {
  const server = requireServer(await startPostgres({ conf: { max_connections: 200 } }))
  if (!server) return undefined
  const [username, password] = [firstUser(strategy), newPassword()]
  const login = `CREATE ROLE ${username} LOGIN PASSWORD '${password}'`
  const pair = `CREATE ROLE app; ${login} IN ROLE app; CREATE ROLE ${users[1]} LOGIN IN ROLE app;
    ALTER ROLE ${users[0]} SET role = app; ALTER ROLE ${users[1]} SET role = app`
  const alternating = strategy === 'alternating-users'
  await server.sql(alternating ? pair : login)
  const { host, port, stop } = server
  const admin = async () => credential('postgres', server.adminPassword)
  const endpoints = [{ name: 'writer', host, port, database: 'postgres', role: 'writer' }] as const
  const target = createPostgresTarget(
    {
      ...{ endpoints, owner, tls: plain },
      ...(alternating ? { strategy, users, ownerRole: 'app', admin } : { strategy: 'single-user' }),
    },
    clock,
  )
  const asked = await server.connect()
  const { rows } = await asked.query('SHOW server_version').finally(() => asked.end())
  return { version: rows[0].server_version, host, port, target, first: credential(username, password), stop }
}
