/** A real Redis or Valkey. `single-user` is `default`, protected by `requirepass` as before there were users. */
import { createRedisTarget } from '../../../core/targets/redis/index.ts'
import { type RedisVersion, startRedis } from '../../../test/stand/redis.ts'
import { requireServer } from '../../../test/stand/stand.ts'
import { credential, firstUser, newPassword, type Open, owner, plain, users } from '../server.ts'

const RULES = ['~*', '&*', '+@all', '-@dangerous']

export const open =
  (version: RedisVersion): Open =>
  async (strategy, clock) => {
    const password = newPassword()
    const legacy = strategy === 'single-user'
    const server = requireServer(await startRedis({ version, ...(legacy && { requirepass: password }) }))
    if (!server) return undefined
    const username = legacy ? 'default' : firstUser(strategy)
    if (!legacy) await server.command(['ACL', 'SETUSER', username, 'on', `>${password}`, ...RULES])
    if (strategy === 'alternating-users') await server.command(['ACL', 'SETUSER', users[1], 'on', ...RULES])
    const { host, port, stop } = server
    const admin = async () => credential(server.admin.username, server.admin.password)
    const endpoints = [{ name: 'primary', host, port, role: 'writer' }] as const
    const target = createRedisTarget(
      {
        ...{ strategy, endpoints, owner, tls: plain },
        ...(!legacy && { admin }),
        ...(strategy === 'alternating-users' && { users }),
      },
      clock,
    )
    const info = String(await server.command(['INFO', 'server']))
    const said = /^(?:valkey|redis)_version:(\S+)/m
    const exact = /^valkey_version:(\S+)/m.exec(info)?.[1] ?? said.exec(info)?.[1] ?? version
    return { version: exact, host, port, target, first: credential(username, password), stop }
  }
