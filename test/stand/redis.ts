/**
 * A real Redis or Valkey in a tenth of a second, from Debian's packages: with or without a configuration file and an ACL file, as
 * a replica or a node of a cluster. Everything that a restart reads is in its folder, which a restart keeps.
 * @module
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { RedisClientType } from '@redis/client'
import { debianRoot } from './debs.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freePort, freshFolder, orUnavailable, own, type Unavailable, until } from './stand.ts'
import { makeTls, type TestTls } from './tls.ts'

const packages = {
  'redis-7.0': ['bookworm', 'redis-server'],
  'redis-8.0': ['trixie', 'redis-server'],
  'valkey-8.1': ['trixie', 'valkey-server'],
  'valkey-9.1': ['sid', 'valkey-server'],
} as const

export type RedisVersion = keyof typeof packages
export const redisVersions = Object.keys(packages) as readonly RedisVersion[]

export interface RedisOptions {
  readonly version?: RedisVersion
  /** Users in a file of their own, which `ACL SAVE` writes; else in the configuration file. */
  readonly aclfile?: boolean
  /** False: everything on the command line, so that nothing can be saved. */
  readonly configFile?: boolean
  /** TLS only, with a certificate of its own authority. */
  readonly tls?: boolean
  /** The password of `default`, as it was before there were users. Without: `default` is off. */
  readonly requirepass?: string
  /** Replicates as that server's admin, unless said otherwise in `conf`. */
  readonly replicaOf?: { readonly host: string; readonly port: number }
  readonly cluster?: boolean
  /** Settings, as lines of the configuration file. */
  readonly conf?: Readonly<Record<string, string | number>>
}

export interface RedisUser {
  readonly username: string
  readonly password: string
}

export interface Redis extends ServerProcess {
  readonly version: RedisVersion
  readonly host: string
  readonly port: number
  /** May do everything. */
  readonly admin: RedisUser
  /** Holds the log and every file that the server writes. */
  readonly folder: string
  readonly configFile: string
  readonly aclFile: string
  readonly tls: TestTls | undefined
  /** A connected client, as the admin if not said otherwise; never reconnects. */
  connect(user?: RedisUser): Promise<RedisClientType>
  /** One command on a connection of its own, as the admin if not said otherwise. */
  command(args: readonly string[], user?: RedisUser): Promise<unknown>
  /** Killed and started again: what was not saved is lost. */
  restart(): Promise<void>
}

const HOST = '127.0.0.1'
const ADMIN: RedisUser = { username: 'admin', password: 'stand-admin' }

/** Redis 7.0 unless said otherwise. Cannot be had on this machine: `{ unavailable }`. */
export const startRedis = (options: RedisOptions = {}): Promise<Redis | Unavailable> =>
  orUnavailable(options.version ?? 'redis-7.0', () => atFreePort(port => start(options, port)))

async function start(options: RedisOptions, port: number): Promise<Redis> {
  const { version = 'redis-7.0', aclfile = false, configFile = true, requirepass, cluster = false } = options
  const folder = freshFolder('redis')
  const tls = options.tls === true ? makeTls(folder) : undefined
  const aclFile = path.join(folder, 'users.acl')
  const users = [
    `user ${ADMIN.username} on >${ADMIN.password} ~* &* +@all`,
    ...(requirepass === undefined ? ['user default off'] : []),
  ]
  const lines = [
    ...Object.entries(settings(folder, port, tls)).map(([name, value]) => `${name} ${value}`),
    ...(options.replicaOf ? replication(options.replicaOf) : []),
    ...(cluster ? ['cluster-enabled yes', 'cluster-node-timeout 2000', `cluster-port ${await freePort()}`] : []),
    ...(requirepass === undefined || aclfile ? [] : [`requirepass ${requirepass}`]),
    ...(aclfile ? [`aclfile ${aclFile}`] : users),
    ...Object.entries(options.conf ?? {}).map(([name, value]) => `${name} ${value}`),
  ]
  if (aclfile)
    file(aclFile, requirepass === undefined ? users : [...users, `user default on >${requirepass} ~* &* +@all`])
  const config = file(path.join(folder, 'redis.conf'), configFile ? lines : [])
  const as = (user: RedisUser = ADMIN) => connect(port, user, tls)
  const command = async (args: readonly string[], user?: RedisUser) => {
    const client = await as(user)
    return client.sendCommand([...args]).finally(() => client.destroy())
  }
  const [suite, name] = packages[version]
  const server = await serve({
    folder,
    command: path.join(debianRoot(suite, name), 'usr/bin', name),
    args: configFile
      ? [config]
      : lines.flatMap(line => `--${line}`.split(' ').map(word => (word === '""' ? '' : word))),
    ready: async () => void (await command(['PING'])),
    endSignal: 'KILL',
  })
  const restart = async () => {
    await server.down('SIGKILL')
    await server.up()
  }
  const files = { folder, configFile: config, aclFile }
  return { ...server, version, host: HOST, port, admin: ADMIN, ...files, tls, connect: as, command, restart }
}

const settings = (
  folder: string,
  port: number,
  tls: TestTls | undefined,
): Readonly<Record<string, string | number>> => ({
  ...(tls === undefined
    ? { port }
    : {
        port: 0,
        'tls-port': port,
        'tls-cert-file': tls.certFile,
        'tls-key-file': tls.keyFile,
        'tls-ca-cert-file': path.join(folder, 'ca.crt'),
        'tls-auth-clients': 'no',
      }),
  bind: HOST,
  dir: folder,
  save: '""',
  loglevel: 'debug',
  // else a replica waits five seconds for others to join it
  'repl-diskless-sync-delay': 0,
})

const replication = ({ host, port }: { readonly host: string; readonly port: number }): readonly string[] => [
  `replicaof ${host} ${port}`,
  `masteruser ${ADMIN.username}`,
  `masterauth ${ADMIN.password}`,
]

function file(at: string, lines: readonly string[]): string {
  writeFileSync(at, lines.map(line => `${line}\n`).join(''), { mode: 0o600 })
  return own(at)
}

async function connect(port: number, user?: RedisUser, tls?: TestTls): Promise<RedisClientType> {
  const { createClient } = await import('@redis/client')
  const socket = { host: HOST, port, connectTimeout: 5000, reconnectStrategy: false as const }
  const client = createClient({
    ...user,
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    socket: tls === undefined ? socket : { ...socket, tls: true, ca: tls.ca },
  })
  client.on('error', () => {})
  return (await client.connect()) as unknown as RedisClientType
}

/** Three primaries that know each other and share the slots. */
export const startRedisCluster = (version: RedisVersion): Promise<readonly Redis[] | Unavailable> =>
  orUnavailable(`${version} cluster`, async () => {
    const started = await Promise.all([0, 1, 2].map(() => startRedis({ version, cluster: true })))
    const nodes = started.map(node => {
      if ('unavailable' in node) throw new Error(node.unavailable)
      return node
    })
    const bus = async (node: Redis) =>
      String((await node.command(['CONFIG', 'GET', 'cluster-port'])) as string[]).split(',')[1]!
    const edges = [0, 5461, 10923, 16384]
    for (const [i, node] of nodes.entries()) {
      await node.command(['CLUSTER', 'ADDSLOTSRANGE', String(edges[i]), String(edges[i + 1]! - 1)])
      if (i > 0) await nodes[0]!.command(['CLUSTER', 'MEET', HOST, String(node.port), await bus(node)])
    }
    for (const node of nodes) await becomes(node, ['CLUSTER', 'INFO'], /cluster_state:ok[\s\S]*cluster_known_nodes:3/)
    return nodes
  })

/** Waits until what a command answers matches. */
export async function becomes(
  server: Pick<Redis, 'command'>,
  command: readonly string[],
  expected: RegExp,
): Promise<void> {
  await until(async () => {
    const answer = String(await server.command(command))
    if (!expected.test(answer)) throw new Error(`${command.join(' ')} does not answer ${expected}: ${answer}`)
  }, 15_000)
}

export interface Sentinel extends ServerProcess {
  readonly host: string
  readonly port: number
  readonly configFile: string
  readonly masterName: string
  command(args: readonly string[]): Promise<unknown>
}

/** A Sentinel that watches a primary, as the user that is named; anybody may command it. */
export const startSentinel = (master: Redis, auth: RedisUser = master.admin): Promise<Sentinel | Unavailable> =>
  orUnavailable(`Sentinel of ${master.version}`, () =>
    atFreePort(async port => {
      const folder = freshFolder('sentinel')
      const masterName = 'main'
      const configFile = file(path.join(folder, 'sentinel.conf'), [
        `port ${port}`,
        `bind ${HOST}`,
        `dir ${folder}`,
        `sentinel monitor ${masterName} ${master.host} ${master.port} 1`,
        `sentinel auth-user ${masterName} ${auth.username}`,
        `sentinel auth-pass ${masterName} ${auth.password}`,
        `sentinel down-after-milliseconds ${masterName} 1000`,
      ])
      const [suite, name] = packages[master.version]
      const command = async (args: readonly string[]) => {
        const client = await connect(port)
        return client.sendCommand([...args]).finally(() => client.destroy())
      }
      const server = await serve({
        folder,
        command: path.join(debianRoot(suite, name), 'usr/bin', name),
        args: [configFile, '--sentinel'],
        ready: async () => void (await command(['PING'])),
        endSignal: 'KILL',
      })
      return { ...server, host: HOST, port, configFile, masterName, command }
    }),
  )
