/** A real Redis. */
import type { Clock } from '../../../core/ports/clock.ts'
import { startRedis } from '../../stand/redis.ts'
import { requireServer } from '../../stand/stand.ts'
import { groundOn } from './dual.ts'
import type { Ground } from './ground.ts'

export async function open(clock: Clock): Promise<Ground | undefined> {
  const server = requireServer(await startRedis())
  if (!server) return undefined
  const { host, port, stop, admin } = server
  return groundOn(
    {
      ...{ kind: 'redis', host, port, stop, admin },
      // a single user changes and saves itself
      create: (username, password) =>
        server.command(['ACL', 'SETUSER', username, 'on', `>${password}`, '~*', '&*', '+@all']),
      async accepts({ username, password }) {
        try {
          const client = await server.connect({ username, password: password.reveal() })
          client.destroy()
          return true
        } catch (error) {
          if ((error as Error).message.startsWith('WRONGPASS')) return false
          throw error
        }
      },
    },
    clock,
  )
}
