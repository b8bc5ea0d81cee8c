/**
 * One command at work: its global options, and what follows from them.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { relative, resolve } from 'node:path'
import type { Actor, RotationType } from '../core/audit/event.ts'
import { loadConfig } from '../core/config/load.ts'
import type { Config } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import { parseDuration } from '../core/policy/duration.ts'
import type { Call } from '../core/ports/secret-store.ts'
import type { RotationRequest } from '../core/rotation/setup.ts'
import type { Answer } from './answer.ts'
import { Workspace } from './compose.ts'
import type { Io } from './io.ts'
import { Progress } from './render/progress.ts'
import { type Style, styleFor } from './render/style.ts'
import { version } from './version.ts'

export const DEFAULT_CONFIG = 'lockstep.yml'

export interface GlobalOptions {
  readonly config?: string
  readonly env?: string
  readonly json?: boolean
  /** False with `--no-color`. */
  readonly color?: boolean
  readonly timeout?: string
}

/** What a command hands over to be run. */
export type Run = (command: (session: Session) => Promise<Answer>) => Promise<void>

export class Session {
  readonly io: Io
  readonly options: GlobalOptions
  readonly style: Style
  readonly #deadline: number
  readonly #progress: Progress
  #workspace: Workspace | undefined

  constructor(io: Io, options: GlobalOptions) {
    this.io = io
    this.options = options
    this.style = styleFor(io.stdout, io.env, options.color !== false)
    this.#deadline = io.clock.now() + timeoutOf(options.timeout ?? '5m')
    this.#progress = new Progress(io.stderr, styleFor(io.stderr, io.env, options.color !== false))
  }

  get json(): boolean {
    return this.options.json === true
  }

  /** Absent: `config-invalid`. Wrong: the same, with every problem. */
  loadConfig(): Config {
    const { file, shown } = this.configFile()
    return loadConfig(readConfig(file, shown), { fileName: shown, environment: this.options.env })
  }

  /** Where the configuration is, and how messages call it. */
  configFile(): { readonly file: string; readonly shown: string } {
    const file = resolve(this.io.cwd, this.options.config ?? DEFAULT_CONFIG)
    const short = relative(process.cwd(), file)
    return { file, shown: short.startsWith('..') ? file : short }
  }

  get workspace(): Workspace {
    const { io } = this
    // With --json, stdout holds one object and nothing else.
    const streams = { stdout: this.json ? io.stderr : io.stdout, stderr: io.stderr }
    this.#workspace ??= new Workspace(this.loadConfig(), io.clock, {
      streams,
      env: io.env,
      signInPlaces: io.signInPlaces,
    })
    return this.#workspace
  }

  get actor(): Actor {
    return { user_id: this.io.env.LOCKSTEP_ACTOR || osUser(), user_agent: `lockstep-cli/${version}` }
  }

  get call(): Call & { readonly run: object } {
    return { signal: this.io.signal, deadline: this.#deadline, run: {} }
  }

  request(type: RotationType, more: Partial<RotationRequest> = {}): RotationRequest {
    return { type, actor: this.actor, deadline: this.#deadline, ...more }
  }

  /** A command as it has to be typed here, to reach the same configuration. */
  commandLine(command: string): string {
    const { config, env } = this.options
    const program = this.io.env.npm_command === 'exec' ? 'npx lockstep' : 'lockstep'
    const globals = [config && ` --config ${config}`, env && ` --env ${env}`].filter(Boolean).join('')
    return `${program} ${command}${globals}`
  }

  /** A line for people on stderr, while the command is at work. */
  say(line: string): void {
    if (!this.json) this.#progress.line(line)
  }

  /** Shows what is being done, if it takes a while. `report` changes the label. */
  working<T>(label: string, body: (report: (label: string) => void) => Promise<T>): Promise<T> {
    return this.#progress.during(label, body)
  }

  async close(): Promise<void> {
    await this.#workspace?.close()
  }
}

function readConfig(file: string, shown: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const absent = !existsSync(file)
    const message = absent ? `There is no ${shown} here.` : `${shown} cannot be read.`
    const next = absent ? 'Write one with `lockstep init`, or name another file with --config.' : undefined
    throw new RotationError('config-invalid', message, { at: shown, next })
  }
}

function timeoutOf(text: string): number {
  const timeout = parseDuration(text)
  if (timeout === undefined || timeout === 0)
    throw new RotationError('usage', '--timeout needs a duration such as 90s or 15m.')
  return timeout
}

/** A user id that has no name, as in many containers, is one too. */
function osUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`
  }
}
