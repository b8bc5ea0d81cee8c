/**
 * FerretDB 2 on PostgreSQL 18 with the DocumentDB extension: it speaks MongoDB's protocol and is not MongoDB. It ignores roles,
 * does not replicate, and dropping a user leaves its sessions alone; what it shows is labelled "protocol".
 * Built into the stand at first use by the machine's Go and its module proxy; PostgreSQL and its extension come from Debian sid.
 * @module
 */
import { chmodSync, existsSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { MongoClient, MongoClientOptions } from 'mongodb'
import { placeOnce } from './binaries.ts'
import { debianRoot } from './debs.ts'
import { longCommand, madeOnce } from './once.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freePort, freshFolder, orUnavailable, own, sh, standRoot, type Unavailable } from './stand.ts'
import { makeTls, type TestTls } from './tls.ts'

export const FERRETDB_VERSION = 'v2.7.0'

export interface FerretDB extends ServerProcess {
  readonly host: string
  readonly port: number
  /** Where the same server speaks TLS; with `tls` only. */
  readonly tlsPort: number | undefined
  readonly tls: TestTls | undefined
  /** May change every user. */
  readonly admin: { readonly username: string; readonly password: string }
  /** A connected, logged-in client; without a name the admin's. */
  connect(user?: string, password?: string, options?: MongoClientOptions): Promise<MongoClient>
  /** The logs of both servers and everything that PostgreSQL has written, to be searched. */
  readonly postgres: { readonly log: () => string; readonly dataFolder: string }
}

const HOST = '127.0.0.1'
const ADMIN = { username: 'postgres', password: 'stand-superuser' }
const PACKAGES = ['postgresql-18', 'postgresql-18-documentdb']

const CONF = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  // not log_statement: it would write whole commands, passwords included, in hexadecimal
  shared_preload_libraries: 'pg_cron,pg_documentdb_core,pg_documentdb',
  'cron.database_name': 'postgres',
  'cron.host': HOST,
  'documentdb.enableUserCrud': 'true',
  'documentdb.maxUserLimit': '500',
}

/** No Go, no Debian, or no way to either's packages: `{ unavailable }`. */
export const startFerretDB = (options: { readonly tls?: boolean } = {}): Promise<FerretDB | Unavailable> =>
  orUnavailable(`FerretDB ${FERRETDB_VERSION}`, () => start(options))

async function start({ tls: wanted = false }: { readonly tls?: boolean }): Promise<FerretDB> {
  const binary = path.join(
    await madeOnce(path.join(standRoot(), 'go', `ferretdb-${FERRETDB_VERSION}`), build),
    'ferretdb',
  )
  const backend = await atFreePort(startBackend)
  try {
    const front = await atFreePort(port => {
      const folder = freshFolder('ferretdb')
      return startFront({ binary, folder, port, tls: wanted ? makeTls(folder) : undefined, backend })
    })
    const stop = () => Promise.all([front.stop(), backend.stop()]).then(() => {})
    return {
      ...front,
      host: HOST,
      admin: ADMIN,
      postgres: { log: backend.log, dataFolder: backend.dataFolder },
      stop,
    }
  } catch (error) {
    await backend.stop()
    throw error
  }
}

async function build(folder: string): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOBIN: folder }
  const module = `github.com/FerretDB/FerretDB/v2/cmd/ferretdb@${FERRETDB_VERSION}`
  await longCommand('go', ['install', '-trimpath', '-ldflags', '-s -w', module], env)
  chmodSync(path.join(folder, 'ferretdb'), 0o755)
}

interface Backend extends ServerProcess {
  readonly port: number
  readonly dataFolder: string
}

async function startBackend(port: number): Promise<Backend> {
  const root = debianRoot('sid', ...PACKAGES)
  const bin = path.join(root, 'usr/lib/postgresql/18/bin')
  const folder = await fromTemplate(root, bin)
  const dataFolder = path.join(folder, 'data')
  const { default: pg } = await import('pg')
  const ready = async () => {
    const client = new pg.Client({ host: HOST, port, user: 'postgres', database: 'postgres' })
    client.on('error', () => {})
    await client.connect()
    await client.query('CREATE EXTENSION IF NOT EXISTS documentdb CASCADE').finally(() => client.end())
  }
  const settings = Object.entries({ ...CONF, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const args = ['-D', dataFolder, ...settings]
  const server = await serve({ folder, command: path.join(bin, 'postgres'), args, ready, endSignal: 'QUIT' })
  return { ...server, port, dataFolder }
}

/** A data folder of our own; initdb runs once. */
async function fromTemplate(root: string, bin: string): Promise<string> {
  // what the package's installation script would have done
  const control = path.join(root, 'usr/share/postgresql/18/extension/postgis.control')
  if (!existsSync(control)) symlinkSync('postgis-3.control', control)
  const template = path.join(standRoot(), 'template', `documentdb-${path.basename(root)}-1`)
  if (!existsSync(template)) {
    const making = freshFolder('initdb')
    const password = path.join(making, 'password')
    writeFileSync(password, ADMIN.password)
    own(password)
    const how = ['-U', ADMIN.username, '-A', 'scram-sha-256', '--pwfile', password, '-E', 'UTF8', '--no-locale', '-N']
    sh(path.join(bin, 'initdb'), ['-D', path.join(making, 'data'), ...how], { asServer: true })
    // the extension connects to its own server without a password; users of the protocol are checked by SCRAM all the same
    const hba = path.join(making, 'data/pg_hba.conf')
    writeFileSync(hba, `host all all ${HOST}/32 trust\n`)
    placeOnce(making, template)
  }
  const folder = freshFolder('documentdb')
  sh('cp', ['-Rp', path.join(template, 'data'), folder], { asServer: true })
  return folder
}

interface Front {
  readonly binary: string
  readonly folder: string
  readonly port: number
  readonly tls: TestTls | undefined
  readonly backend: Backend
}

async function startFront({ binary, folder, port, tls, backend }: Front) {
  const { MongoClient } = await import('mongodb')
  const tlsPort = tls && (await freePort())
  const connect: FerretDB['connect'] = async (user = ADMIN.username, password = ADMIN.password, options = {}) => {
    const client = new MongoClient(`mongodb://${HOST}:${port}/?directConnection=true`, {
      auth: { username: user, password },
      serverSelectionTimeoutMS: 3000,
      ...options,
    })
    try {
      await client.connect()
      await client.db('admin').command({ ping: 1 })
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }
  const secure = tls && [
    `--listen-tls=${HOST}:${tlsPort}`,
    `--listen-tls-cert-file=${tls.certFile}`,
    `--listen-tls-key-file=${tls.keyFile}`,
  ]
  const server = await serve({
    folder,
    command: binary,
    args: [
      `--postgresql-url=postgres://${ADMIN.username}:${ADMIN.password}@${HOST}:${backend.port}/postgres`,
      `--listen-addr=${HOST}:${port}`,
      ...(secure ?? []),
      '--debug-addr=-',
      '--telemetry=disable',
      `--state-dir=${folder}`,
      '--log-level=INFO',
    ],
    ready: async () => (await connect()).close(),
    endSignal: 'KILL',
  })
  return { ...server, port, tlsPort, tls, connect }
}
