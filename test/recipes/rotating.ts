/**
 * A secret that rotates on a real PostgreSQL, and programs under `lockstep run --watch` that go on asking meanwhile.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openPlayground } from '../../cli/dev/playground.ts'
import { rotateEvery } from '../../cli/dev/rotations.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { Postgres } from '../stand/postgres.ts'
import { until } from '../stand/stand.ts'

/** What a program prints when its stdin ends. */
export interface Counts {
  readonly queries: number
  readonly failed: number
  readonly errors: readonly string[]
  /** For each pool, whom its sessions belonged to, in the order in which that changed. */
  readonly logins: Readonly<Record<string, readonly string[]>>
}

export interface Asking {
  /** Resolves when all its loops run. */
  readonly ready: Promise<void>
  stop(): Promise<Counts>
}

export interface Rotating {
  /** Starts a program with the whole value in `db.json` and its URL in `db.url`, both kept current. */
  start(command: readonly string[], cwd: string): Asking
  /** Rotates, the old login ended after each; answers how many there were in time, and what went wrong. */
  rotate(times: number): Promise<{ readonly ended: number; readonly failures: readonly string[] }>
  close(): void
}

const TESTER = { user_id: 'test', user_agent: 'test' }
const EVERY = 5_000
/** A program looks, and reads, many times within the grace, also on a machine that does something else. */
const GRACE = 2_000
const CONSUMER = { name: 'recipe', kind: 'other', refresh: 1_500, connectRetry: 500 }
const RUN_LIFE = 3_000
const LOOK = '100ms'
/** A pool that goes on logging in as the old login holds its end, and so all that comes after. */
const PATIENCE = 60_000
const START = 90_000

export async function rotating(server: Postgres): Promise<Rotating> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-recipes-'))
  const admin = { username: 'postgres', password: SecretValue.of(server.adminPassword) }
  const place = { host: server.host, port: server.port, database: 'postgres' }
  const io = { clock: systemClock, env: {}, stdout: process.stderr, stderr: process.stderr }
  const { setup, close } = await openPlayground({ ...place, admin, prefix: 'app', ours: false }, folder, 3 * EVERY, io)
  const policy = { ...setup.policy, grace: GRACE, runLife: RUN_LIFE, cutover: RUN_LIFE / 2, consumers: [CONSUMER] }
  const lockstep = resolve(import.meta.dirname, '../../cli/lockstep.mjs')
  const options = ['--config', join(folder, 'lockstep.yml'), '--watch', '--interval', LOOK]
  return {
    start: (command, cwd) => {
      const args = [lockstep, 'run', ...options, '--file', 'db.json=app', '--file', 'db.url=app:url', '--', ...command]
      return asking(args, cwd)
    },
    async rotate(times) {
      const [enough, late] = [new AbortController(), AbortSignal.timeout(PATIENCE + times * EVERY)]
      const failures: string[] = []
      let ended = 0
      await rotateEvery({
        setup: { ...setup, policy },
        every: EVERY,
        request: () => ({ type: 'manual', actor: TESTER, deadline: Date.now() + 30_000, force: true }),
        signal: AbortSignal.any([enough.signal, late]),
        tell(news) {
          if (news.kind === 'failed') failures.push(news.error.message)
          if (news.kind === 'ended' && ++ended === times) enough.abort()
        },
      })
      return { ended, failures }
    },
    close() {
      void close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function asking(args: readonly string[], cwd: string): Asking {
  const child = spawn(process.execPath, args, { cwd, stdio: 'pipe' })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', chunk => (printed[name] += chunk))
  const gone = once(child, 'close')
  const said = until(() => {
    if (!printed.stdout.includes('ready')) throw new Error(`not ready: ${args.at(-1)}: ${printed.stderr}`)
  }, START)
  const early = gone.then(([code]) => Promise.reject(new Error(`ended with ${code}: ${printed.stderr}`)))
  const ready = Promise.race([said, early])
  early.catch(() => {}) // its end is awaited by `stop`
  said.catch(() => {})
  return {
    ready,
    async stop() {
      child.stdin.end()
      const hanging = setTimeout(() => child.kill('SIGTERM'), 10_000) // handed on, by `lockstep run`
      await gone
      clearTimeout(hanging)
      const result = printed.stdout.trim().split('\n').at(-1)!
      if (!result.startsWith('{')) throw new Error(printed.stdout + printed.stderr)
      return JSON.parse(result)
    },
  }
}
