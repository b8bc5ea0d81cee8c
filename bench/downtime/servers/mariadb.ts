/** A real MariaDB, without TLS: handshakes are not what is measured. */
import { createMariadbTarget } from '../../../core/targets/mariadb/index.ts'
import { startMariadb } from '../../../test/stand/mariadb.ts'
import { requireServer } from '../../../test/stand/stand.ts'
import { credential, firstUser, newPassword, type Open, owner, plain, users } from '../server.ts'

export const open: Open = async (strategy, clock) => {
  const server = requireServer(await startMariadb({ conf: { 'max-connections': 200 } }))
  if (!server) return undefined
  const [username, password] = [firstUser(strategy), newPassword()]
  const create = (user: string, secret: string) => `CREATE USER ${user}@'%' IDENTIFIED BY '${secret}'`
  await server.sql(create(username, password))
  if (strategy === 'alternating-users') await server.sql(create(users[1], newPassword()))
  const { host, port, stop } = server
  const admin = async () => credential('root', server.adminPassword)
  const endpoints = [{ name: 'writer', host, port, role: 'writer' }] as const
  const target = createMariadbTarget(
    {
      ...{ strategy, endpoints, owner, tls: plain },
      ...(strategy !== 'single-user' && { admin }),
      ...(strategy === 'alternating-users' && { users }),
    },
    clock,
  )
  const [said] = await server.sql('SELECT VERSION() AS version')
  const version = String(said?.version).split('-')[0]!
  return { version, host, port, target, first: credential(username, password), stop }
}
