/**
 * One line per scene: it changes while the scene plays on a terminal, and is printed once, at its end, elsewhere.
 * @module
 */
import colors from 'picocolors'
import type { Counts } from './client.ts'

export class Progress {
  readonly #out: NodeJS.WriteStream
  #title = ''

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  begin(title: string): void {
    this.#title = title
    if (this.#out.isTTY) this.#out.write(`  … ${title}`)
  }

  counts({ queries, failedQueries }: Counts): void {
    if (!this.#out.isTTY) return
    const failed = failedQueries === 0 ? colors.green('0 failed') : colors.yellow(`${failedQueries} failed`)
    this.#out.write(`\r\x1b[K  … ${this.#title}  ${colors.dim(`${queries} queries`)}  ${failed}`)
  }

  end(outcome: string): void {
    this.#out.write(`${this.#out.isTTY ? '\r\x1b[K' : ''}  ${colors.green('✓')} ${this.#title}: ${outcome}\n`)
  }
}
