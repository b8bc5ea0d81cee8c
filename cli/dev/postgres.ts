/**
 * A throw-away PostgreSQL in a folder of its own, which goes with it, and with us: a small shell script keeps it and holds the end
 * of a pipe of ours. When we go, by any road, SIGKILL included, the pipe closes; it ends the server and removes the folder.
 * @module
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { binariesFor } from './binaries.ts'
import type { DevServer } from './server.ts'
import { handOver, type ServerUser, serverUser } from './server-user.ts'

const KEEPER = `
dir=$1; shift
trap '' PIPE
{ "$@" </dev/null >>"$dir/server.log" 2>&1; echo exited; } &
cat >/dev/null
[ ! -f "$dir/data/postmaster.pid" ] || kill -QUIT "$(head -n 1 "$dir/data/postmaster.pid")"
wait
rm -rf "$dir"
`

// It is thrown away: durability is of no use. No unix socket: its path could be too long.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
}

const HOST = '127.0.0.1'
const START_MS = 20_000
const RETRY_MS = 50

export interface OwnServer extends DevServer {
  /** Ends it, and removes `folder`. */
  stop(): Promise<void>
}

/**
 * Starts it in `folder`, which is the server's from then on. `answers` throws until it can be used. Not installed:
 * `driver-missing`; does not start: `target-unreachable`, and the folder is removed.
 */
export async function startOwn(
  project: string,
  folder: string,
  clock: Clock,
  answers: (server: DevServer) => Promise<void>,
): Promise<OwnServer> {
  const user = serverUser()
  const password = randomBytes(24).toString('hex')
  const port = await freePort()
  try {
    const home = initialised(binariesFor(project, user, folder), folder, user, password)
    const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const args = [join(home, 'bin/postgres'), '-D', join(folder, 'data'), ...settings]
    const keeper = keep(folder, user, args)
    const admin = { username: 'postgres', password: SecretValue.of(password) }
    const server = { host: HOST, port, database: 'postgres', admin, prefix: 'app', ours: true, stop: keeper.stop }
    await keeper.until(clock, () => answers(server))
    return server
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function initialised(home: string, folder: string, user: ServerUser, password: string): string {
  const file = join(folder, 'first-password')
  writeFileSync(file, password, { mode: 0o600 })
  handOver(folder, user)
  const how = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-locale', '-N', '--pwfile', file]
  try {
    const options = { ...user.ids, cwd: folder, env: { PATH: process.env.PATH }, stdio: 'ignore' } as const
    execFileSync(join(home, 'bin/initdb'), ['-D', join(folder, 'data'), ...how], options)
  } catch {
    throw new RotationError('target-unreachable', 'The data folder of PostgreSQL could not be made.', { at: folder })
  } finally {
    rmSync(file, { force: true })
  }
  return home
}

function keep(folder: string, user: ServerUser, command: readonly string[]) {
  const child = spawn('/bin/sh', ['-c', KEEPER, 'keeper', folder, ...command], {
    ...user.ids,
    cwd: folder,
    detached: true, // its own process group: Ctrl-C reaches us, and only us
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, TZ: 'UTC', HOME: folder },
  })
  const gone = once(child, 'exit')
  let exited = false
  child.stdout.once('data', () => {
    exited = true
  })
  child.stdin.on('error', () => {})
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await gone
  }
  const until = async (clock: Clock, ready: () => Promise<void>): Promise<void> => {
    const end = clock.now() + START_MS
    for (;;) {
      if (
        await ready().then(
          () => true,
          () => false,
        )
      )
        return
      if (!exited && clock.now() < end) await clock.sleep(RETRY_MS, new AbortController().signal)
      else {
        await stop()
        throw new RotationError('target-unreachable', `PostgreSQL ${exited ? 'has ended' : 'does not answer'}.`)
      }
    }
  }
  return { stop, until }
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  return port
}
