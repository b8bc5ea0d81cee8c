/**
 * One execution environment of Lambda: a process of the real runtime client, and the Runtime API that it asks.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type InvokeAnswer, type Posted, type RuntimeApi, startRuntimeApi } from './lambda-api.ts'

/** An invocation that the process ended without ever fetching: it may be given to another one. */
export const NEVER_FETCHED = Symbol('never fetched')

export interface ProcessOptions {
  readonly args: readonly string[]
  readonly folder: string
  readonly functionArn: string
  readonly env: Readonly<Record<string, string>>
  /** File descriptors for stdout and stderr. */
  readonly output: readonly [number, number]
  readonly posted: (posted: Posted) => void
}

export interface Order {
  readonly id: string
  readonly event: unknown
  readonly timeoutMs: number
  /** What the handler is told instead of the time at which it is ended. */
  readonly deadlineMs?: number
}

// Lambda's limit for what happens before the first invocation
const INIT_LIMIT_MS = 10_000

type End = InvokeAnswer | typeof NEVER_FETCHED

export class LambdaProcess {
  readonly #options: ProcessOptions
  readonly #began = performance.now()
  #child!: ChildProcess
  #gone!: Promise<unknown>
  #hand!: RuntimeApi['hand']
  #killed = false
  #current: { readonly id: string; readonly finish: (end: End) => void } | undefined
  /** From the start of the process until it first asked for work. */
  initMs: number | undefined

  static async start(options: ProcessOptions): Promise<LambdaProcess> {
    const started = new LambdaProcess(options)
    const api = await startRuntimeApi({
      asking: () => {
        started.initMs ??= performance.now() - started.#began
      },
      answered: (id, answer) => id === started.#current?.id && started.#current.finish(answer),
      initFailed: answer => started.#current?.finish(answer),
      posted: options.posted,
    })
    started.#hand = api.hand
    started.#child = spawnRuntime(options, api.address)
    started.#gone = once(started.#child, 'exit').finally(() => api.close())
    return started
  }

  private constructor(options: ProcessOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Not so from the kill on, though the process may still go, and its last answer come in. */
  get alive(): boolean {
    return !this.#killed && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The most memory that it ever held, in bytes; 0 when it is gone. */
  get peakMemory(): number {
    return this.alive ? peakOf(this.pid) : 0
  }

  /** SIGKILL; resolves when the process is gone. Its invocation fails, fetched or not. */
  async kill(): Promise<void> {
    this.#killed = true
    this.#child.kill('SIGKILL')
    await this.#gone
  }

  // ended by itself between two invocations
  #untouched = (): boolean => this.initMs !== undefined && !this.#killed

  /** One at a time. Never rejects. */
  async run({ id, event, timeoutMs, deadlineMs }: Order): Promise<End> {
    const { promise, resolve } = Promise.withResolvers<End>()
    this.#current = { id, finish: resolve }
    let timer: NodeJS.Timeout | undefined
    let atExit = (): End => (this.#untouched() ? NEVER_FETCHED : ended(id, this.#child))
    this.#gone.then(() => resolve(atExit()))
    const endIn = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        this.#current = undefined // what it still posts comes too late
        atExit = () => failed(id, 'Sandbox.Timedout', `Task timed out after ${(ms / 1000).toFixed(2)} seconds`)
        void this.kill()
      }, ms)
    }
    const fetched = () => {
      atExit = () => ended(id, this.#child)
      endIn(timeoutMs)
      return deadlineMs ?? Date.now() + timeoutMs
    }
    if (this.initMs === undefined) endIn(INIT_LIMIT_MS)
    this.#hand({ id, event, functionArn: this.#options.functionArn, fetched })
    return promise.finally(() => clearTimeout(timer))
  }
}

// setpriv: the kernel kills the process when ours goes, however it goes. Its own group: Ctrl-C reaches us, and only us.
function spawnRuntime({ args, folder, env, output }: ProcessOptions, address: string): ChildProcess {
  const command = ['--pdeathsig', 'KILL', process.execPath, ...args]
  return spawn('setpriv', command, {
    cwd: folder,
    env: { ...env, AWS_LAMBDA_RUNTIME_API: address },
    stdio: ['ignore', ...output],
    detached: true,
  })
}

const failed = (id: string, errorType: string, what: string): InvokeAnswer => {
  return { ok: false, errorType, errorMessage: `RequestId: ${id} Error: ${what}`, stackTrace: [] }
}

function ended(id: string, { exitCode, signalCode }: ChildProcess): InvokeAnswer {
  const how =
    signalCode === null ? `exit status ${exitCode}` : `signal: ${signalCode === 'SIGKILL' ? 'killed' : signalCode}`
  const what = exitCode === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`
  return failed(id, 'Runtime.ExitError', what)
}

function peakOf(pid: number): number {
  try {
    const kibibytes = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
    return Number(kibibytes ?? 0) * 1024
  } catch {
    return 0 // gone in this moment
  }
}
