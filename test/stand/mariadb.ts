/**
 * A real MariaDB in about half a second: a copy of a cached data folder, without fsync, with general log and binlog, gone with the
 * process that asked. Debian's packages, unpacked below the stand (and openssl if TLS is asked for).
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Connection, ConnectionOptions } from 'mysql2/promise'
import { placeOnce } from './binaries.ts'
import { debianRoot } from './debs.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, own, sh, standRoot, type Unavailable } from './stand.ts'
import { makeTls, type TestTls } from './tls.ts'

export type MariadbVersion = '10.5' | '10.11' | '11.8'

/** Debian's suite that has the version, and its package with the plugins. */
const packages: Record<MariadbVersion, readonly [suite: string, name: string]> = {
  '10.5': ['bullseye', 'mariadb-server-10.5'],
  '10.11': ['bookworm', 'mariadb-server'],
  '11.8': ['trixie', 'mariadb-server'],
}

export interface MariadbOptions {
  readonly version?: MariadbVersion
  /** With a certificate of its own authority for localhost and 127.0.0.1. Without, the server offers none. */
  readonly tls?: boolean
  /** Settings, as `--name=value`. */
  readonly conf?: Readonly<Record<string, string | number>>
  /** Replays everything that this server has done since it was started and does from now on. */
  readonly replicaOf?: Mariadb
}

export interface Mariadb extends ServerProcess {
  readonly version: MariadbVersion
  readonly host: string
  readonly port: number
  /** Of the superuser `root`. */
  readonly adminPassword: string
  readonly tls: TestTls | undefined
  /** For `mysql2`; without arguments the superuser's. Several statements in one text are allowed. */
  config(user?: string, password?: string): ConnectionOptions
  /** A connection whose later errors are ignored. */
  connect(user?: string, password?: string): Promise<Connection>
  /** Runs statements as the superuser on a connection of their own; answers the rows of the last. */
  sql(text: string): Promise<Record<string, unknown>[]>
  /** All that the server has written: tables, general log, binlogs, error log; one character a byte. */
  written(): string
}

const HOST = '127.0.0.1'
const ADMIN_PASSWORD = 'stand-superuser'

// each server has these files copied
const SMALL = {
  'innodb-log-file-size': '4M',
  'innodb-data-file-path': 'ibdata1:4M:autoextend',
  'innodb-temp-data-file-path': 'ibtmp1:1M:autoextend',
  'innodb-autoextend-increment': 1,
  'innodb-undo-tablespaces': 0,
}
// durability is of no use to a server that is thrown away; names are not looked up, so `localhost` is no TCP client of ours
const CONF = {
  'bind-address': HOST,
  'skip-name-resolve': 1,
  'innodb-flush-log-at-trx-commit': 0,
  'innodb-buffer-pool-size': '16M',
  'aria-pagecache-buffer-size': '8M',
  'key-buffer-size': '1M',
  'general-log': 1,
  'sync-binlog': 0,
  ...SMALL,
  'gtid-strict-mode': 1,
  'slave-net-timeout': 5,
}
const SIZES = Object.entries(SMALL).map(([name, value]) => `--${name}=${value}`)

/** MariaDB 11.8 unless said otherwise. Cannot be had on this machine: `{ unavailable }`. */
export const startMariadb = (options: MariadbOptions = {}): Promise<Mariadb | Unavailable> =>
  orUnavailable(`MariaDB ${options.version ?? '11.8'}`, () => start(options))

async function start(options: MariadbOptions): Promise<Mariadb> {
  const { version = options.replicaOf?.version ?? '11.8', replicaOf } = options
  const root = debianRoot(...packages[version])
  const server = await atFreePort(port => {
    const folder = fromTemplate(root, version)
    const tls = options.tls === true ? makeTls(folder) : undefined
    return startOn(root, folder, port, tls, { ...options, version })
  })
  if (replicaOf !== undefined) await follow(server, replicaOf)
  return server
}

async function startOn(
  root: string,
  folder: string,
  port: number,
  tls: TestTls | undefined,
  { version, conf }: MariadbOptions & { readonly version: MariadbVersion },
): Promise<Mariadb> {
  const { createConnection } = await import('mysql2/promise')
  const config = (user = 'root', password = ADMIN_PASSWORD): ConnectionOptions => ({
    ...{ host: HOST, port, user, password, connectTimeout: 5000, multipleStatements: true },
    ...(tls && { ssl: { ca: tls.ca } }),
  })
  const connect = async (...who: Parameters<typeof config>) => {
    const connection = await createConnection(config(...who))
    connection.on('error', () => {})
    return connection
  }
  const sql = async (text: string) => {
    const connection = await connect()
    const [rows] = await connection.query(text).finally(() => connection.end())
    const last = Array.isArray(rows) && Array.isArray(rows.at(-1)) ? rows.at(-1) : rows
    return last as Record<string, unknown>[]
  }
  const file = (name: string) => path.join(folder, name)
  const settings = {
    ...CONF,
    port,
    'server-id': port,
    datadir: file('data'),
    tmpdir: folder,
    socket: file('s'),
    'pid-file': file('data/pid'),
    'log-bin': file('binlog'),
    'general-log-file': file('general.log'),
    ...(tls ? { 'ssl-cert': tls.certFile, 'ssl-key': tls.keyFile } : { 'skip-ssl': 1 }),
    ...conf,
  }
  const server = await serve({
    folder,
    command: program(root),
    args: [...base(root), ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)],
    ready: async () => (await connect()).end(),
    endSignal: 'KILL',
  })
  return {
    ...server,
    down: (signal = 'SIGTERM') => server.down(signal), // SIGINT is nothing to it
    ...{ version, host: HOST, port, adminPassword: ADMIN_PASSWORD, tls, config, connect, sql },
    written: () =>
      globSync(`${folder}/**/*`)
        .filter(each => statSync(each, { throwIfNoEntry: false })?.isFile())
        .map(each => readFileSync(each, 'latin1'))
        .join('\n'),
  }
}

const program = (root: string): string => path.join(root, 'usr/sbin/mariadbd')

/** Where the unpacked packages have what a program looks for below /usr. */
const base = (root: string): readonly string[] => [
  ...['--no-defaults', `--basedir=${root}/usr`, `--lc-messages-dir=${root}/usr/share/mysql/english`],
  ...[`--character-sets-dir=${root}/usr/share/mysql/charsets`, `--plugin-dir=${root}/usr/lib/mysql/plugin`],
]

/** A fresh folder with an initialised `data` in it; the system tables are made once per root of packages. */
function fromTemplate(root: string, version: MariadbVersion): string {
  const template = path.join(standRoot(), 'template', `mariadb-${version}-${path.basename(root)}`)
  if (!existsSync(template)) placeOnce(initialise(root), template)
  const folder = freshFolder('ma')
  sh('cp', ['-Rp', path.join(template, 'data'), folder], { asServer: true })
  return folder
}

function initialise(root: string): string {
  const folder = freshFolder('install')
  const data = `--datadir=${folder}/data`
  const how = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve', '--cross-bootstrap']
  sh(
    path.join(root, 'usr/bin/mariadb-install-db'),
    ['--no-defaults', `--basedir=${root}/usr`, data, ...how, ...SIZES],
    {
      asServer: true,
    },
  )
  // before there is a log that it could be written to
  const script = own(withText(path.join(folder, 'password.sql'), rootPassword))
  const bootstrap = [program(root), ...base(root), data, ...SIZES, '--bootstrap', '--skip-log-error']
  sh('/bin/sh', ['-c', `"$@" <'${script}' 2>&1`, 'sh', ...bootstrap], { asServer: true })
  return folder
}

const sha1 = (data: string | Buffer) => createHash('sha1').update(data).digest()
const rootHash = `*${sha1(sha1(ADMIN_PASSWORD)).toString('hex').toUpperCase()}`
const asRoot = `'$.plugin', 'mysql_native_password', '$.authentication_string', '${rootHash}'`
/** One statement a line, as bootstrapping reads them. */
const rootPassword = `UPDATE mysql.global_priv SET priv = JSON_SET(priv, ${asRoot}) WHERE User = 'root';\n`

function withText(file: string, text: string): string {
  writeFileSync(file, text)
  return file
}

async function follow(replica: Mariadb, { host, port, tls }: Mariadb): Promise<void> {
  const encrypted = tls ? ', MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 0' : ', MASTER_SSL = 0'
  await replica.sql(`CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_PORT = ${port}, MASTER_USER = 'root',
    MASTER_PASSWORD = '${ADMIN_PASSWORD}', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1${encrypted};
    START SLAVE; SET GLOBAL read_only = 1`)
}
