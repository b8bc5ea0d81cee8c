/** A real MariaDB. */
import type { Clock } from '../../../core/ports/clock.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import { groundOn } from './dual.ts'
import type { Ground } from './ground.ts'
import { refusedOnly } from './refused-only.ts'

export async function open(clock: Clock): Promise<Ground | undefined> {
  const server = requireServer(await startMariadb())
  if (!server) return undefined
  const { host, port, stop, adminPassword } = server
  return groundOn(
    {
      ...{ kind: 'mariadb', host, port, stop, admin: { username: 'root', password: adminPassword } },
      create: (username, password) => server.sql(`CREATE USER ${username}@'%' IDENTIFIED BY '${password}'`),
      accepts: refusedOnly(server),
    },
    clock,
  )
}
