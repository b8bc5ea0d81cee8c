/**
 * A real MySQL in about a second: a copy of a cached data folder, gone with the process that asked. The server is Debian sid's,
 * whose version cannot be pinned: `version` says which it is.
 * @module
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Connection, ConnectionOptions } from 'mysql2/promise'
import { placeOnce } from './binaries.ts'
import { debianRoot } from './debs.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, own, sh, standRoot, type Unavailable, until } from './stand.ts'
import { makeTls, type TestTls } from './tls.ts'

export interface MysqlOptions {
  /** A certificate of an own authority, and plaintext stays possible. False: the server offers no TLS. True if left out. */
  readonly tls?: boolean
  /** Settings, as `--name=value`. */
  readonly conf?: Readonly<Record<string, string | number>>
  /** Replicates everything from that server, by GTID, from its first event on. */
  readonly replicaOf?: Mysql
}

export interface Mysql extends ServerProcess {
  /** As `SELECT VERSION()` says it: `9.7.4`. */
  readonly version: string
  readonly host: string
  readonly port: number
  /** Of the superuser `root`. */
  readonly adminPassword: string
  readonly dataFolder: string
  readonly tls: TestTls | undefined
  /** PEM text of the server's RSA key, with which passwords are encrypted where there is no TLS. */
  publicKey(): string
  /** What the server has written that people could read: error log, general log, binary logs; by file name. */
  written(): ReadonlyMap<string, Buffer>
  /** For `createConnection`; without arguments the superuser's. */
  config(user?: string, password?: string, database?: string): ConnectionOptions
  /** A connection whose later errors are ignored. */
  connect(user?: string, password?: string, database?: string): Promise<Connection>
  /** Runs statements as the superuser on a connection of their own, one after the other; answers the rows of the last. */
  sql(...statements: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>
}

const HOST = '127.0.0.1'
const ADMIN_PASSWORD = 'stand-superuser'

// durability is of no use to a server that is thrown away
const CONF = {
  'bind-address': HOST,
  mysqlx: 'OFF',
  'secure-file-priv': 'NULL',
  'innodb-redo-log-capacity': '32M',
  'innodb-buffer-pool-size': '16M',
  'innodb-flush-log-at-trx-commit': 0,
  'sync-binlog': 0,
  'performance-schema': 'OFF',
  'general-log': 'ON',
  'log-bin': 'binlog',
  'gtid-mode': 'ON',
  'enforce-gtid-consistency': 'ON',
  'log-error-verbosity': 3,
  'slow-query-log': 'ON',
  'long-query-time': 0,
}

/** Cannot be had on this machine (not Debian, no network at the first call): `{ unavailable }`. */
export const startMysql = (options: MysqlOptions = {}): Promise<Mysql | Unavailable> =>
  orUnavailable('MySQL', () => start(options))

async function start({ tls: wantsTls = true, conf = {}, replicaOf }: MysqlOptions): Promise<Mysql> {
  const home = debianRoot('sid', 'mysql-server-core')
  const version = /Ver (\d+\.\d+\.\d+)/.exec(sh(binary(home), ['--no-defaults', '--version']))?.[1] ?? 'unknown'
  const serverId = replicaOf === undefined ? 1 : 2 + (process.pid % 1000)
  const server = await atFreePort(port => {
    const folder = fromTemplate(home, version)
    const tls = wantsTls ? makeTls(folder) : undefined
    const ssl = tls
      ? { 'ssl-ca': path.join(folder, 'ca.crt'), 'ssl-cert': tls.certFile, 'ssl-key': tls.keyFile }
      : { 'tls-version': '' }
    const more = { 'server-id': serverId, ...(replicaOf && { 'skip-replica-start': 'ON' }), ...ssl, ...conf }
    return startAt(port, { home, folder, version, tls, conf: more })
  })
  if (replicaOf !== undefined) await replicate(server, replicaOf)
  return server
}

const binary = (home: string): string => path.join(home, 'usr/sbin/mysqld')

const argsFor = (home: string, data: string): string[] => [
  '--no-defaults',
  `--lc-messages-dir=${home}/usr/share/mysql`,
  `--character-sets-dir=${home}/usr/share/mysql/charsets`,
  `--plugin-dir=${home}/usr/lib/mysql/plugin`,
  `--datadir=${data}`,
]

async function startAt(
  port: number,
  on: { home: string; folder: string; version: string; tls: TestTls | undefined; conf: object },
): Promise<Mysql> {
  const { home, folder, version, tls } = on
  const { createConnection } = await import('mysql2/promise')
  const dataFolder = path.join(folder, 'data')
  const config = (user = 'root', password = ADMIN_PASSWORD, database?: string): ConnectionOptions => ({
    host: HOST,
    port,
    user,
    password,
    connectTimeout: 5000,
    charset: 'utf8mb4',
    ...(database === undefined ? {} : { database }),
    ...(tls ? { ssl: { ca: tls.ca } } : {}),
  })
  const connect = async (...who: Parameters<typeof config>) => {
    const connection = await createConnection(config(...who))
    connection.on('error', () => {})
    return connection
  }
  const sql = async (...statements: readonly string[]) => {
    const connection = await connect()
    try {
      let rows: unknown = []
      for (const statement of statements) [rows] = await connection.query(statement)
      return (Array.isArray(rows) ? rows : []) as Record<string, unknown>[]
    } finally {
      await connection.end()
    }
  }
  const general = path.join(folder, 'general.log')
  const files = { 'general-log-file': general, 'slow-query-log-file': path.join(folder, 'slow.log') }
  const settings = { ...CONF, ...files, socket: 's', 'pid-file': path.join(folder, 'pid'), port, ...on.conf }
  const server = await serve({
    folder,
    command: binary(home),
    args: [...argsFor(home, dataFolder), ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)],
    ready: async () => (await connect()).end(),
    endSignal: 'KILL',
  })
  const written = () => {
    const logs = ['server.log', 'general.log', 'slow.log'].map(name => path.join(folder, name))
    const binlogs = readdirSync(dataFolder).filter(name => /^(binlog|relay|.*relay-bin)\.\d+$/.test(name))
    const found = [...logs, ...binlogs.map(name => path.join(dataFolder, name))].filter(file => existsSync(file))
    return new Map(found.map(file => [path.basename(file), readFileSync(file)]))
  }
  return {
    ...server,
    // SIGINT would be ignored
    down: (signal = 'SIGTERM') => server.down(signal),
    version,
    host: HOST,
    port,
    adminPassword: ADMIN_PASSWORD,
    dataFolder,
    tls,
    publicKey: () => readFileSync(path.join(dataFolder, 'public_key.pem'), 'utf8'),
    written,
    config,
    connect,
    sql,
  }
}

async function replicate(replica: Mysql, source: Mysql): Promise<void> {
  const from = `SOURCE_HOST = '${source.host}', SOURCE_PORT = ${source.port}, SOURCE_USER = 'root'`
  const secured = source.tls ? 'SOURCE_SSL = 1' : 'GET_SOURCE_PUBLIC_KEY = 1'
  await replica.sql(
    'RESET BINARY LOGS AND GTIDS',
    `CHANGE REPLICATION SOURCE TO ${from}, SOURCE_PASSWORD = '${source.adminPassword}', ${secured},
       SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1`,
    'START REPLICA',
    'SET GLOBAL super_read_only = ON',
  )
  const behind = 'SELECT GTID_SUBSET(?, @@global.gtid_executed) AS caught_up'
  const [row] = await source.sql('SELECT @@global.gtid_executed AS executed')
  await until(async () => {
    const [seen] = await replica.sql(behind.replace('?', `'${String(row?.executed).replaceAll('\n', '')}'`))
    if (seen?.caught_up !== 1) throw new Error('the replica has not caught up')
  })
}

/** A fresh folder with an initialised `data` in it; the server initialises once per version. */
function fromTemplate(home: string, version: string): string {
  const template = path.join(standRoot(), 'template', `mysql-${version}-1`)
  if (!existsSync(template)) placeOnce(initialise(home), template)
  const folder = freshFolder('my')
  sh('cp', ['-Rp', path.join(template, 'data'), folder], { asServer: true })
  // the servers of a replication must not have one id
  sh('rm', ['-f', path.join(folder, 'data/auto.cnf')], { asServer: true })
  return folder
}

function initialise(home: string): string {
  const making = freshFolder('mysql-init')
  const first = path.join(making, 'first.sql')
  writeFileSync(first, `ALTER USER root@localhost IDENTIFIED BY '${ADMIN_PASSWORD}';\n`)
  own(first)
  const data = argsFor(home, path.join(making, 'data'))
  const how = ['--initialize-insecure', '--innodb-redo-log-capacity=32M', '--skip-log-bin', `--init-file=${first}`]
  sh(binary(home), [...data, ...how], { asServer: true })
  return making
}
