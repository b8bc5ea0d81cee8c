/**
 * Twenty clients in a process of their own, and what they counted while something was done.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counts } from './client.ts'
import type { Order, Report } from './clients.ts'
import type { Source } from './reading.ts'

export interface Watch {
  readonly secret: string
  readonly refresh: number
  readonly reread?: boolean
  readonly clients?: number
}

/** More than one client's pause: after the last cache was refreshed, every client queries once more. */
const LAST_QUERIES_MS = 300

export class Fleet {
  readonly #source: Source
  readonly #process: ChildProcess
  /** Called every now and then while a watch is on. */
  onCounts: (counts: Counts) => void = () => {}

  constructor(source: Source) {
    this.#source = source
    this.#process = fork(path.join(import.meta.dirname, 'clients.ts'), { execArgv: [] })
  }

  /** Puts the secret under load; works once every client has had an answer; goes on until every cache was refreshed again. */
  async during<T>(watch: Watch, work: () => Promise<T>): Promise<{ readonly counts: Counts; readonly result: T }> {
    const order = { source: this.#source, clients: 20, reread: false, ...watch }
    const { allWork, final } = this.#begin(order)
    await allWork
    const result = await work()
    await Promise.race([sleep(watch.refresh + LAST_QUERIES_MS), final])
    this.#process.send('stop' satisfies Order)
    return { counts: await final, result }
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  #begin(order: Exclude<Order, 'stop'>): { readonly allWork: Promise<void>; readonly final: Promise<Counts> } {
    const child = this.#process
    const [allWork, final] = [Promise.withResolvers<void>(), Promise.withResolvers<Counts>()]
    const settle = () => child.off('message', hear).off('exit', gone)
    const gone = () => {
      const error = new Error('The process of the clients has ended.')
      allWork.reject(error)
      final.reject(error)
      settle()
    }
    const hear = ({ counts, final: isFinal }: Report) => {
      this.onCounts(counts)
      if (counts.working === order.clients) allWork.resolve()
      if (!isFinal) return
      final.resolve(counts)
      settle()
    }
    child.on('message', hear).on('exit', gone)
    final.promise.catch(() => {}) // may be rejected before anybody waits for it
    child.send(order)
    return { allWork: allWork.promise, final: final.promise }
  }
}
