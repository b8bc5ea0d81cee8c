/**
 * Twenty clients in a process of their own, and what they counted while something was done.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from './client.ts'
import type { Order, Report } from './clients.ts'

export interface Watch {
  readonly secret: string
  readonly refresh: number
  readonly reread?: boolean
  readonly clients?: number
}

/** Time in which every client has read the secret and queried. */
const WARM_UP_MS = 300

export class Fleet {
  readonly #configFile: string
  readonly #process: ChildProcess
  /** Called every now and then while a watch is on. */
  onCounts: (counts: Counts) => void = () => {}

  constructor(configFile: string) {
    this.#configFile = configFile
    this.#process = fork(path.join(import.meta.dirname, 'clients.ts'), { execArgv: [] })
  }

  /** Puts the secret under load, works, and goes on until every cache has been refreshed after the work. */
  async during<T>(watch: Watch, work: () => Promise<T>): Promise<{ readonly counts: Counts; readonly result: T }> {
    const final = this.#begin({ configFile: this.#configFile, clients: 20, reread: false, ...watch })
    final.catch(() => {}) // may come before anybody waits for it
    await Promise.race([sleep(WARM_UP_MS), final])
    const result = await work()
    await Promise.race([sleep(watch.refresh + WARM_UP_MS), final])
    this.#process.send('stop' satisfies Order)
    return { counts: await final, result }
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  #begin(order: Order): Promise<Counts> {
    const child = this.#process
    child.send(order)
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('The process of the clients has ended.'))
      const hear = ({ counts, final }: Report) => {
        this.onCounts(counts)
        if (!final) return
        child.off('message', hear).off('exit', gone)
        resolve(counts)
      }
      child.on('message', hear).on('exit', gone)
    })
  }
}
