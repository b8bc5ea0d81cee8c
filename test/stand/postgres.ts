/**
 * A real PostgreSQL in under half a second: a copy of a cached data folder, without fsync, gone with the process that asked.
 * Needs nothing but npm's binaries (and openssl if TLS is asked for).
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Client, ClientConfig } from 'pg'
import { type PostgresVersion, placeOnce, postgresHome, templateKey } from './binaries.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, own, sh, standRoot, type Unavailable } from './stand.ts'
import { makeTls, type TestTls } from './tls.ts'

export type { PostgresVersion } from './binaries.ts'

export interface PostgresOptions {
  readonly version?: PostgresVersion
  /** With a certificate of its own authority for localhost and 127.0.0.1; plaintext stays possible unless `hba` forbids it. */
  readonly tls?: boolean
  /** Settings, as `-c name=value`. */
  readonly conf?: Readonly<Record<string, string | number>>
  /** The whole of pg_hba.conf. */
  readonly hba?: string
}

export interface Postgres extends ServerProcess {
  readonly version: PostgresVersion
  readonly host: string
  readonly port: number
  /** Of the superuser `postgres`. */
  readonly adminPassword: string
  readonly dataFolder: string
  readonly tls: TestTls | undefined
  /** For `new pg.Client`; without arguments the superuser's. */
  config(user?: string, password?: string, database?: string): ClientConfig
  /** A connected client whose later connection errors are ignored. */
  connect(user?: string, password?: string, database?: string): Promise<Client>
  /** Runs statements as the superuser on a connection of their own. */
  sql(text: string): Promise<void>
}

const HOST = '127.0.0.1'
const ADMIN_PASSWORD = 'stand-superuser'

// durability is of no use to a server that is thrown away; no unix socket: its path could be too long
const CONF = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
}

/** PostgreSQL 18 unless said otherwise. Cannot be had on this machine: `{ unavailable }`. */
export const startPostgres = (options: PostgresOptions = {}): Promise<Postgres | Unavailable> =>
  orUnavailable(`PostgreSQL ${options.version ?? 18}`, () => start(options))

async function start(options: PostgresOptions): Promise<Postgres> {
  const { version = 18 } = options
  const home = postgresHome(version)
  return atFreePort(port => {
    const folder = fromTemplate(home, version)
    const tls = options.tls === true ? makeTls(folder) : undefined
    if (options.hba !== undefined) writeFileSync(path.join(folder, 'data', 'pg_hba.conf'), options.hba)
    const ssl = tls && { ssl: 'on', ssl_cert_file: tls.certFile, ssl_key_file: tls.keyFile }
    return startOn({ home, folder, port, version, tls, conf: { ...ssl, ...options.conf } })
  })
}

/** Starts a server on a data folder that is ready for it (`folder/data`). */
export async function startOn(on: {
  home: string
  folder: string
  port: number
  version: PostgresVersion
  tls: TestTls | undefined
  conf: Readonly<Record<string, string | number>>
}): Promise<Postgres> {
  const { home, folder, port, version, tls } = on
  const { default: pg } = await import('pg')
  const dataFolder = path.join(folder, 'data')
  const config = (user = 'postgres', password = ADMIN_PASSWORD, database = 'postgres'): ClientConfig => {
    return {
      host: HOST,
      port,
      user,
      password,
      database,
      ssl: tls ? { ca: tls.ca } : false,
      connectionTimeoutMillis: 5000,
    }
  }
  const connect = async (...who: Parameters<typeof config>) => {
    const client = new pg.Client(config(...who))
    client.on('error', () => {})
    return client.connect()
  }
  const sql = async (text: string) => {
    const client = await connect()
    await client.query(text).finally(() => client.end())
  }
  const settings = Object.entries({ ...CONF, port, ...on.conf }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = await serve({
    folder,
    command: path.join(home, 'bin/postgres'),
    args: ['-D', dataFolder, ...settings],
    ready: async () => (await connect()).end(),
    endSignal: 'QUIT', // takes its children with it
  })
  return { ...server, version, host: HOST, port, adminPassword: ADMIN_PASSWORD, dataFolder, tls, config, connect, sql }
}

/** A fresh folder with an initialised `data` in it; initdb runs once per version. */
function fromTemplate(home: string, version: PostgresVersion): string {
  const template = path.join(standRoot(), 'template', templateKey(version))
  if (!existsSync(template)) placeOnce(initialise(home), template)
  const folder = freshFolder('pg')
  sh('cp', ['-Rp', path.join(template, 'data'), folder], { asServer: true })
  return folder
}

function initialise(home: string): string {
  const making = freshFolder('initdb')
  const passwordFile = path.join(making, 'password')
  writeFileSync(passwordFile, ADMIN_PASSWORD)
  own(passwordFile)
  const how = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-locale', '-N', '--wal-segsize=1']
  sh(path.join(home, 'bin/initdb'), ['-D', path.join(making, 'data'), '--pwfile', passwordFile, ...how], {
    asServer: true,
  })
  return making
}
