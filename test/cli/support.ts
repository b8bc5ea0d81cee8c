/**
 * What the tests of the command line share: project folders, the real program as a child process, and commands in this process.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, expect } from 'vitest'
import type { Io } from '../../cli/io.ts'
import { main } from '../../cli/main.ts'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import { createKeyFile } from '../../local/index.ts'

export const PROGRAM = resolve(import.meta.dirname, '../../cli/lockstep.mjs')

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** What runs the program: `[node]`, unless said otherwise. */
  readonly through?: readonly string[]
  readonly uid?: number
  /** More may come on stdin. */
  readonly stdinOpen?: boolean
}

export interface InProcess extends RunOptions {
  readonly clock?: Clock
  readonly signal?: AbortSignal
  /** Whether the streams are a terminal. */
  readonly terminal?: boolean
  readonly signInPlaces?: Io['signInPlaces']
}

/** A folder with a configuration and keys; what its commands print is kept, to be searched. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'))
  /** Everything that any command printed. */
  printed = ''

  at(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string, mode = 0o644): string {
    mkdirSync(dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), text, { mode })
    return this.at(name)
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'latin1')
  }

  /** The configuration, as JSON (which is YAML), with a store and keys. */
  configure(config: object): this {
    const local = { kind: 'local', file: '.lockstep/store.db', key: { file: '.lockstep/store.key' } }
    const fingerprintKey = { file: '.lockstep/fingerprint.key' }
    this.write('lockstep.yml', JSON.stringify({ version: 1, stores: { local }, fingerprintKey, ...config }, null, 2))
    mkdirSync(this.at('.lockstep'), { recursive: true, mode: 0o700 })
    for (const name of ['store', 'fingerprint']) createKeyFile(this.at(`.lockstep/${name}.key`))
    return this
  }

  /** The real program. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.ended(this.start(args, options))
  }

  start(
    args: readonly string[],
    { input = '', env, through = [process.execPath], uid, stdinOpen }: RunOptions = {},
  ): ChildProcess {
    const [command, ...before] = [...through, PROGRAM, ...args]
    const child = spawn(command!, before, {
      cwd: this.folder,
      env: { PATH: process.env.PATH, LOCKSTEP_ACTOR: 'tester', ...env },
      stdio: 'pipe',
      ...(uid !== undefined && { uid, gid: uid }),
    })
    child.stdin.on('error', () => {})
    if (!stdinOpen) child.stdin.end(input)
    return child
  }

  async ended(child: ChildProcess): Promise<Ran> {
    const printed = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', chunk => (printed[name] += chunk))
    const [code, signal] = await once(child, 'close')
    return this.#keep({ code: code ?? signal, ...printed })
  }

  /** The same program in this process, with a clock that a test may move. */
  async main(
    args: readonly string[],
    { input = '', env = {}, clock = systemClock, signal, terminal = false, signInPlaces }: InProcess = {},
  ): Promise<Ran> {
    const printed = { stdout: '', stderr: '' }
    const output = (name: 'stdout' | 'stderr') => ({
      isTTY: terminal,
      write: (text: string) => (printed[name] += text),
    })
    const stdin = Object.assign(Readable.from([Buffer.from(input)]), terminal && { isTTY: true, setRawMode: () => {} })
    const io: Io = {
      stdout: output('stdout'),
      stderr: output('stderr'),
      stdin: stdin as unknown as Io['stdin'],
      env: { LOCKSTEP_ACTOR: 'tester', ...env },
      cwd: this.folder,
      clock,
      signal: signal ?? new AbortController().signal,
      ...(signInPlaces && { signInPlaces }),
    }
    return this.#keep({ code: await main(args, io), ...printed })
  }

  /** A command that must end well. */
  async ok(args: readonly string[], options: InProcess = {}): Promise<Ran> {
    const ran = await this.main(args, options)
    expect(ran.code, ran.stdout + ran.stderr).toBe(0)
    return ran
  }

  /** The one object that a command with `--json` prints. */
  async json(
    args: readonly string[],
    options: InProcess = {},
  ): Promise<{ readonly code: number; readonly data: Data }> {
    const { code, stdout } = await this.main([...args, '--json'], options)
    return { code, data: parsed(stdout) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #keep(ran: Ran): Ran {
    this.printed += `${ran.stdout}\n${ran.stderr}\n`
    return ran
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into what programs would
export type Data = any

/** One object and nothing else. */
export function parsed(stdout: string): Data {
  expect(stdout.trimStart().startsWith('{'), stdout).toBe(true)
  return JSON.parse(stdout)
}

/** Within a test file: projects that its `afterEach` removes. */
export function projects(): () => Project {
  const made: Project[] = []
  afterEach(() => {
    for (const project of made.splice(0)) project.remove()
  })
  return () => {
    const project = new Project()
    made.push(project)
    return project
  }
}

/** Time passes only when somebody sleeps or a test moves it. */
export class ManualClock implements Clock {
  time = Date.now()

  now(): number {
    return this.time
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.time += ms
    await new Promise(resolve => setImmediate(resolve))
    signal.throwIfAborted()
  }
}

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
