/**
 * A function of Lambda on this machine: a built bundle, run by AWS's own runtime client in processes of their own. Ours is
 * only what is around it: the Runtime API, the environment, the limits of time. Processes stay warm and are used again; two
 * invocations at once get two of them. Not simulated: freezing between invocations, the file system, memory as cgroups end it.
 * @module
 */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { runtimeClient } from '../../stand/ric.ts'
import { isUnavailable, type Unavailable } from '../../stand/stand.ts'
import type { InvokeAnswer, Posted } from './lambda-api.ts'
import { OutputFile } from './lambda-output.ts'
import { LambdaProcess, NEVER_FETCHED, type ProcessOptions } from './lambda-process.ts'
import { functionArn, functionVariables, handlerString } from './lambda-variables.ts'

export type { InvokeAnswer, Posted } from './lambda-api.ts'

export interface LambdaOptions {
  /** The file, with its extension. */
  readonly bundle: string
  /** The name of its export. */
  readonly handler?: string
  /** Added to what Lambda itself sets; `undefined` takes a variable away. Nothing is inherited from this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Of one invocation, without the start of a cold process. */
  readonly timeoutMs?: number
  /** MiB: what the function is told, and the most that its heap may grow to. */
  readonly memory?: number
  readonly name?: string
  readonly region?: string
  readonly accountId?: string
}

export interface InvokeOptions {
  readonly timeoutMs?: number
  /** What the handler is told of its end, in ms since 1970, where that is not the truth. */
  readonly deadlineMs?: number
}

export interface Lambda {
  readonly arn: string
  /**
   * Rejects only after `close`. Out of time: the process is killed, as Lambda does, and the answer is `Sandbox.Timedout`. The process
   * ends by itself or is killed: `Runtime.ExitError`. The next invocation then starts a fresh one.
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<InvokeAnswer>
  /** SIGKILL for every process, in the middle of whatever it does. Resolves when they are gone. */
  kill(): Promise<void>
  /** Kills, and takes no invocation any more. */
  close(): Promise<void>
  /** What all its processes wrote so far. What was written before an answer is there when the answer is. */
  stdout(): string
  stderr(): string
  /** Everything that was posted to Lambda, word for word. */
  readonly posted: readonly Posted[]
  /** One for each process that was started: how long it took until it asked for work, once it has. */
  readonly starts: readonly { readonly pid: number; readonly initMs: number | undefined }[]
  /** The most that one process held after any invocation, in bytes. */
  readonly peakMemory: number
}

/** Cannot be had on this machine: `{ unavailable }`. Nothing runs before the first invocation. */
export async function startLambda(options: LambdaOptions): Promise<Lambda | Unavailable> {
  const client = await runtimeClient()
  return isUnavailable(client) ? client : new LocalLambda(client.entry, options)
}

class LocalLambda implements Lambda {
  readonly arn: string
  readonly posted: Posted[] = []
  readonly starts: LambdaProcess[] = []
  peakMemory = 0
  readonly #timeoutMs: number
  readonly #process: ProcessOptions
  readonly #output = { stdout: new OutputFile(), stderr: new OutputFile() }
  #idle: LambdaProcess[] = []
  #closed = false

  constructor(
    entry: string,
    { bundle, handler = 'handler', env = {}, timeoutMs = 3_000, memory = 128, ...named }: LambdaOptions,
  ) {
    const { name = 'rotator', region = 'us-east-1', accountId = '123456789012' } = named
    const settings = { name, region, accountId, memoryMiB: memory }
    const file = path.resolve(bundle)
    this.arn = functionArn(settings)
    this.#timeoutMs = timeoutMs
    this.#process = {
      args: [`--max-old-space-size=${memory}`, entry, handlerString(file, handler)],
      folder: path.dirname(file),
      env: functionVariables(settings, file, handler, env),
      functionArn: this.arn,
      output: [this.#output.stdout.descriptor, this.#output.stderr.descriptor],
      posted: posted => this.posted.push(posted),
    }
  }

  async invoke(event: unknown, options: InvokeOptions = {}): Promise<InvokeAnswer> {
    for (;;) {
      if (this.#closed) throw new Error('the function was closed')
      const process = this.#idle.pop() ?? (await this.#start())
      const end = await process.run({ id: randomUUID(), event, timeoutMs: this.#timeoutMs, ...options })
      this.peakMemory = Math.max(this.peakMemory, process.peakMemory)
      if (process.alive && process.initMs !== undefined) this.#idle.push(process)
      else await process.kill()
      if (end !== NEVER_FETCHED) return end
    }
  }

  async #start(): Promise<LambdaProcess> {
    const process = await LambdaProcess.start(this.#process)
    this.starts.push(process)
    if (this.#closed) await process.kill()
    return process
  }

  async kill(): Promise<void> {
    this.#idle = []
    await Promise.all(this.starts.map(process => process.kill()))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.kill()
    for (const output of Object.values(this.#output)) output.close()
  }

  stdout = (): string => this.#output.stdout.text()
  stderr = (): string => this.#output.stderr.text()
}
