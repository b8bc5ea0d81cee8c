/**
 * A server process that cannot outlive us, nor leave files: a small shell script keeps it and holds the end of a pipe of ours.
 * When we go, by any road, SIGKILL and Ctrl-C included, the pipe closes, the keeper kills the server and removes its folder.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PORT_TAKEN, runAs, until } from './stand.ts'

// One line on its stdin: start once more. End of stdin: the end. POSIX sh, so it runs on macOS too.
const KEEPER = `
dir=$1; end=$2; shift 2
trap '' PIPE
run() {
  "$@" </dev/null >>"$dir/server.log" 2>&1 & pid=$!
  echo $pid >"$dir/server.pid"; echo "started $pid"
  wait $pid; code=$?
  rm -f "$dir/server.pid"; echo "exited $code"
}
run "$@" &
while read -r _; do run "$@" & done
[ ! -f "$dir/server.pid" ] || kill "-$end" "$(cat "$dir/server.pid")"
wait
rm -rf "$dir"
`

export interface ServerProcess {
  log(): string
  /** Ends the server and removes its folder. */
  stop(): Promise<void>
  /** Ends the server only: connections are refused, the data stays. */
  down(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same folder and port. */
  up(): Promise<void>
}

export interface ServerCommand {
  /** Belongs to the server; removed at the end. Its output goes to `server.log` in it. */
  readonly folder: string
  readonly command: string
  readonly args: readonly string[]
  /** Throws until the server can be used. */
  readonly ready: () => Promise<void>
  /** What ends it at once, when nothing of it is needed any more. */
  readonly endSignal: 'QUIT' | 'KILL'
}

/** Starts a server and waits until it is ready. Does not become ready: throws with the end of its log. */
export async function serve({ folder, command, args, ready, endSignal }: ServerCommand): Promise<ServerProcess> {
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'keeper', folder, endSignal, command, ...args], {
    ...runAs,
    detached: true, // its own process group: Ctrl-C reaches us, and only us
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, TZ: 'UTC', HOME: folder },
  })
  const gone = once(keeper, 'exit')
  let pid: number | undefined
  createInterface(keeper.stdout).on('line', line => {
    pid = line.startsWith('started ') ? Number(line.slice(8)) : undefined
  })
  keeper.stdin.on('error', () => {})
  // neither the keeper nor its pipes keep our event loop alive
  for (const handle of [keeper, keeper.stdin, keeper.stdout] as unknown as { unref(): void }[]) handle.unref()

  const log = () => readFileSync(path.join(folder, 'server.log'), 'utf8')
  const started = async () => {
    await until(() => pid ?? Promise.reject(new Error('the server process did not start')))
    await until(async () => (pid === undefined ? undefined : ready()))
    if (pid === undefined) throw new Error('the server exited')
  }
  const server: ServerProcess = {
    log,
    async stop() {
      keeper.stdin.end()
      keeper.ref()
      await gone
    },
    async down(signal = 'SIGINT') {
      if (pid !== undefined) process.kill(pid, signal)
      await until(() => (pid === undefined ? undefined : Promise.reject(new Error('the server did not exit'))))
    },
    async up() {
      keeper.stdin.write('again\n')
      await started()
    },
  }
  try {
    await started()
  } catch (error) {
    const text = log()
    // MySQL says it long before its last words
    const taken = text.split('\n').find(line => PORT_TAKEN.test(line)) ?? ''
    await server.stop()
    throw new Error(`${(error as Error).message}\n${taken}\n${text.slice(-2000)}`)
  }
  return server
}
