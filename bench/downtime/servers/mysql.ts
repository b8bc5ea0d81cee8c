/** A real MySQL, without TLS: handshakes are not what is measured. */
import { createMysqlTarget } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../../test/stand/mysql.ts'
import { requireServer } from '../../../test/stand/stand.ts'
import { credential, firstUser, newPassword, type Open, owner, plain, users } from '../server.ts'

export const open: Open = async (strategy, clock) => {
  const server = requireServer(await startMysql({ tls: false, conf: { 'max-connections': 200 } }))
  if (!server) return undefined
  const [username, password] = [firstUser(strategy), newPassword()]
  const create = (user: string, secret: string) => `CREATE USER ${user}@'%' IDENTIFIED BY '${secret}'`
  await server.sql(
    create(username, password),
    ...(strategy === 'alternating-users' ? [create(users[1], newPassword())] : []),
    ...(strategy === 'dual-password' ? [`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}@'%'`] : []),
  )
  const { host, port, version, stop } = server
  const admin = async () => credential('root', server.adminPassword)
  const endpoints = [{ name: 'writer', host, port, role: 'writer' }] as const
  const target = createMysqlTarget(
    {
      ...{ strategy, endpoints, owner, tls: plain, serverPublicKey: server.publicKey() },
      ...(strategy === 'alternating-users' && { users, admin }),
    },
    clock,
  )
  return { version, host, port, target, first: credential(username, password), stop }
}
