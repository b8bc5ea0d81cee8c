/**
 * A real PgBouncer in front of a server of the stand: SCRAM on both sides, verifiers fetched by `auth_query`.
 * @module
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Client } from 'pg'
import { debianRoot } from './debs.ts'
import type { Postgres } from './postgres.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, own, type Unavailable } from './stand.ts'

export interface PgBouncer extends ServerProcess {
  readonly host: string
  readonly port: number
  connect(user: string, password: string, database?: string): Promise<Client>
  /** A command of the admin console, such as `RECONNECT`. */
  command(text: string): Promise<void>
}

const BOUNCER_PASSWORD = 'stand-bouncer'

/** Makes a login `bouncer` and a look-up function at the server. `conf` goes into the section [pgbouncer]. */
export const startPgBouncer = (
  server: Postgres,
  conf: Readonly<Record<string, string | number>> = {},
): Promise<PgBouncer | Unavailable> => orUnavailable('PgBouncer', () => start(server, conf))

async function start(server: Postgres, conf: Readonly<Record<string, string | number>>): Promise<PgBouncer> {
  const root = debianRoot('bookworm', 'pgbouncer')
  await server.sql(`
    CREATE ROLE bouncer LOGIN PASSWORD '${BOUNCER_PASSWORD}';
    CREATE FUNCTION public.user_lookup(IN wanted text, OUT name text, OUT hash text) RETURNS record
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
      AS 'SELECT usename::text, passwd::text FROM pg_shadow WHERE usename = wanted';
    REVOKE ALL ON FUNCTION public.user_lookup FROM public; GRANT EXECUTE ON FUNCTION public.user_lookup TO bouncer`)
  return atFreePort(port => startAt(port, { root, server, conf }))
}

async function startAt(
  port: number,
  { root, server, conf }: { root: string; server: Postgres; conf: Readonly<Record<string, string | number>> },
): Promise<PgBouncer> {
  const folder = freshFolder('bouncer')
  const config = file(folder, 'pgbouncer.ini', iniText(server, port, folder, conf))
  file(folder, 'users.txt', `"bouncer" "${BOUNCER_PASSWORD}"\n`)
  const { default: pg } = await import('pg')
  const connect = async (user: string, password: string, database = 'postgres') => {
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database, connectionTimeoutMillis: 5000 })
    client.on('error', () => {})
    return client.connect()
  }
  const command = async (text: string) => {
    const client = await connect('bouncer', BOUNCER_PASSWORD, 'pgbouncer')
    await client.query(text).finally(() => client.end())
  }
  const process = await serve({
    folder,
    command: path.join(root, 'usr/sbin/pgbouncer'),
    args: [config],
    ready: () => command('SHOW VERSION'),
    endSignal: 'KILL',
  })
  return { ...process, host: '127.0.0.1', port, connect, command }
}

function file(folder: string, name: string, text: string): string {
  const at = path.join(folder, name)
  writeFileSync(at, text, { mode: 0o600 })
  return own(at)
}

function iniText(
  server: Postgres,
  port: number,
  folder: string,
  conf: Readonly<Record<string, string | number>>,
): string {
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: `${folder}/users.txt`,
    auth_user: 'bouncer',
    auth_query: 'SELECT name, hash FROM public.user_lookup($1)',
    admin_users: 'bouncer',
    pool_mode: 'transaction',
    ignore_startup_parameters: 'extra_float_digits',
    ...conf,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `[databases]\n* = host=${server.host} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`
}
