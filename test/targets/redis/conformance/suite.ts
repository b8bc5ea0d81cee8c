/** The contract of a settable target, for every strategy and kind of login, on one version; a file a version, so that they run side by side. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Credential } from '../../../../core/secret/credential.ts'
import type { RedisTargetOptions } from '../../../../core/targets/redis/index.ts'
import {
  type SettableFixture,
  settableTargetConformance,
} from '../../../../core/testing/settable-target-conformance.ts'
import { startProxy, type TcpProxy } from '../../../stand/proxy.ts'
import { type Redis, type RedisVersion, startRedis } from '../../../stand/redis.ts'
import { freePort, requireServer, until } from '../../../stand/stand.ts'
import {
  admin,
  canaries,
  createLogin,
  hashOf,
  newPassword,
  node,
  plain,
  RULES,
  target,
  withPassword,
  written,
} from '../fixture.ts'

interface Case {
  readonly strategy: RedisTargetOptions['strategy']
  readonly login: 'named' | 'default'
  /** Who makes the changes. */
  readonly by: 'admin' | 'itself'
  /** What it adds is the same on every version: run on one. */
  readonly only?: RedisVersion
}

const cases: readonly Case[] = [
  { strategy: 'dual-password', login: 'named', by: 'admin' },
  { strategy: 'dual-password', login: 'named', by: 'itself', only: 'redis-7.0' },
  { strategy: 'dual-password', login: 'default', by: 'itself' },
  { strategy: 'single-user', login: 'named', by: 'admin', only: 'redis-7.0' },
  { strategy: 'single-user', login: 'default', by: 'itself' },
  { strategy: 'alternating-users', login: 'named', by: 'admin' },
]

export async function conformanceOf(version: RedisVersion): Promise<void> {
  const conf = { appendonly: 'yes', appendfsync: 'no', 'slowlog-log-slower-than': 0, 'slowlog-max-len': 10_000 }
  const server = requireServer(
    await startRedis({ version, aclfile: version.endsWith('8.1'), conf, requirepass: 'first' }),
  )
  describe.skipIf(server === undefined)(version, async () => {
    if (server === undefined) return
    const proxy = await startProxy(server)
    const nowhere = await freePort()
    afterAll(async () => {
      await proxy.stop()
      await server.stop()
    })

    for (const each of cases.filter(({ only = version }) => only === version))
      describe(`${each.strategy}, ${each.login} login, changed by ${each.by}`, () => {
        for (const { name, run } of settableTargetConformance(() => fixture(server, proxy, nowhere, each)))
          test(name, run)
      })

    test('every session was closed', async () => {
      const others = async () =>
        String(await server.command(['CLIENT', 'LIST']))
          .trim()
          .split('\n')
          .slice(1)
      await until(async () => expect(await others()).toEqual([]), 2000)
    })

    test('the server never saw a password in clear, but for `requirepass` in its configuration file', async () => {
      await server.command(['ACL', 'SETUSER', 'default', 'off'])
      const seen = [...written(server), ['slowlog', String(await server.command(['SLOWLOG', 'GET', '-1']))] as const]
      expect(seen.map(([file]) => file)).toContain('server.log')
      expect(seen.at(-1)![1]).toContain('SETUSER')
      for (const [file, text] of seen) {
        const clear = file === 'redis.conf' ? text.replace(/^requirepass .*$/m, '') : text
        for (const canary of [...canaries, 'Wrong-canary', `Aw1-'"`]) expect(clear, file).not.toContain(canary)
      }
    })
  })
}

async function fixture(server: Redis, proxy: TcpProxy, nowhere: number, each: Case): Promise<SettableFixture> {
  const { strategy, login, by } = each
  const endpoints = [node(server, { port: proxy.port }), node(server, { name: 'direct', role: 'pooler' })]
  const current = await makeLogin(server, each)
  const users = strategy === 'alternating-users' ? ([current.username, `${current.username}-b`] as const) : undefined
  if (users) await server.command(['ACL', 'SETUSER', users[1], 'on', ...RULES])
  const options = { strategy, users, ...(by === 'admin' && { admin: admin(server) }) }
  const change = strategy === 'single-user' && login === 'default' ? 'requirepass' : 'SETUSER'
  return {
    current,
    // a password in a file must be one that every server can keep there
    newPassword: change === 'requirepass' ? () => plain('default').password : newPassword,
    now: () => Date.now(),
    target: target({ ...options, endpoints }),
    unreachable: target({
      ...options,
      endpoints: [...endpoints, node(server, { name: 'gone', role: 'reader', port: nowhere })],
    }),
    loseNextAnswer: () => void proxy.loseAnswerTo(change),
    async connect({ username, password }: Credential) {
      const client = await server.connect({ username, password: password.reveal() })
      return { use: async () => void (await client.ping()), close: async () => client.destroy() }
    },
  }
}

async function makeLogin(server: Redis, { login, by }: Case): Promise<Credential> {
  if (login === 'named') return createLogin(server, by === 'admin' ? RULES : ['~*', '&*', '+@all'])
  const current = withPassword('default', 'first-password')
  // the one alone does nothing where the value of the setting is that already
  await server.command(['CONFIG', 'SET', 'requirepass', 'first-password'])
  await server.command(['ACL', 'SETUSER', 'default', 'resetpass', `#${hashOf(current)}`])
  return current
}
