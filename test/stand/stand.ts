/**
 * Real servers for tests, benches and the demo: unprivileged, on 127.0.0.1, in a project-local folder.
 * The folder is `.stand` in the project root; `LOCKSTEP_STAND` overrides it. Deleting it only costs the time to fill it again.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A server that cannot be had on this machine, and why. */
export interface Unavailable {
  readonly unavailable: string
}

export const isUnavailable = (got: object): got is Unavailable => 'unavailable' in got

/**
 * The server, or undefined after saying on stderr what is skipped. With `LOCKSTEP_REQUIRE_SERVERS=1` (`.ci/run`) a missing
 * server is a failure: a suite that skips what it is there for proves nothing.
 */
export function requireServer<T extends object>(got: T | Unavailable): T | undefined {
  if (!isUnavailable(got)) return got
  if (process.env.LOCKSTEP_REQUIRE_SERVERS === '1') throw new Error(`server unavailable: ${got.unavailable}`)
  process.stderr.write(`SKIPPED, server unavailable: ${got.unavailable}\n`)
  return undefined
}

/** Runs `make`; what it throws becomes the reason for which the server is unavailable. */
export async function orUnavailable<T extends object>(what: string, make: () => Promise<T>): Promise<T | Unavailable> {
  try {
    return await make()
  } catch (error) {
    return { unavailable: `${what}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

// PostgreSQL refuses to run as root: as root the servers run as nobody, which exists everywhere; else as ourselves.
const NOBODY = 65534
const isRoot = process.getuid?.() === 0
export const runAs: { uid?: number; gid?: number } = isRoot ? { uid: NOBODY, gid: NOBODY } : {}

/** Hands a file or folder to the user that servers run as. */
export function own(file: string): string {
  if (isRoot) chownSync(file, NOBODY, NOBODY)
  return file
}

/** Runs a command to its end as the servers' user (or as ourselves) and answers its stdout; throws with its stderr. */
export function sh(
  command: string,
  args: readonly string[],
  options: { asServer?: boolean; cwd?: string } = {},
): string {
  const { asServer = false, cwd } = options
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(asServer ? { ...runAs, env: { PATH: process.env.PATH, TZ: 'UTC' } } : {}),
    ...(cwd === undefined ? {} : { cwd }),
  })
}

/** Whether the servers' user can enter a folder: below a folder of mode 0700, such as /root, it cannot. */
export function reachable(folder: string): boolean {
  try {
    sh('test', ['-x', folder], { asServer: true })
    return true
  } catch {
    return false
  }
}

const projectRoot = path.resolve(import.meta.dirname, '../..')
let root: string | undefined

/** The folder that holds everything, made at the first call. Where the servers' user cannot reach it: a fixed one below /tmp. */
export function standRoot(): string {
  if (root !== undefined) return root
  const wanted = path.resolve(process.env.LOCKSTEP_STAND ?? path.join(projectRoot, '.stand'))
  mkdirSync(wanted, { recursive: true })
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 8)
  root = reachable(wanted) ? wanted : path.join(tmpdir(), `lockstep-stand-${hash}`)
  for (const part of ['', 'run', 'template']) {
    const folder = path.join(root, part)
    if (existsSync(folder)) continue
    mkdirSync(folder, { recursive: true })
    own(folder)
  }
  return root
}

/** A fresh, empty folder that belongs to the servers' user. Who starts a server in it has it removed with the server. */
export const freshFolder = (name: string): string => own(mkdtempSync(path.join(standRoot(), 'run', `${name}-`)))

// Below what every system gives to outgoing connections: one of those would take a port between our look and the server's.
const PORTS = { from: 12_000, to: 32_000 }

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to)
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = net.createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** What a server says whose port somebody else has. */
export const PORT_TAKEN = /EADDRINUSE|address already in use/i

/** Starts something at a port that was free a moment ago; where another process has taken it since, at another one. */
export async function atFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await start(await freePort())
    } catch (error) {
      if (tries === 3 || !PORT_TAKEN.test(String(error))) throw error
    }
}

/** Calls `probe` until it answers without throwing; gives up after `ms` with its last error. */
export async function until<T>(probe: () => T | Promise<T>, ms = 30_000): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    try {
      return await probe()
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 15))
  }
}
