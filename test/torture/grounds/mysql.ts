/** A real MySQL. */
import type { Clock } from '../../../core/ports/clock.ts'
import { startMysql } from '../../stand/mysql.ts'
import { requireServer } from '../../stand/stand.ts'
import { groundOn } from './dual.ts'
import type { Ground } from './ground.ts'
import { refusedOnly } from './refused-only.ts'

export async function open(clock: Clock): Promise<Ground | undefined> {
  const server = requireServer(await startMysql({ tls: false }))
  if (!server) return undefined
  const { host, port, stop, adminPassword } = server
  return groundOn(
    {
      ...{ kind: 'mysql', host, port, stop, admin: { username: 'root', password: adminPassword } },
      more: '      serverPublicKey: server.pem\n',
      files: { 'server.pem': server.publicKey() },
      create: (username, password) =>
        server.sql(
          `CREATE USER ${username}@'%' IDENTIFIED BY '${password}'`,
          `GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}@'%'`,
        ),
      accepts: refusedOnly(server),
    },
    clock,
  )
}
