/**
 * What is being done, on stderr: a spinner on a terminal, elsewhere a line for everything that takes over a second.
 * @module
 */
import type { Output } from '../io.ts'
import type { Style } from './style.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const PATIENCE_MS = 1000
const CLEAR_LINE = '\r\u001b[2K'

export class Progress {
  readonly #output: Output
  readonly #style: Style
  #label = ''
  #spinning = false

  constructor(output: Output, style: Style) {
    this.#output = output
    this.#style = style
  }

  line(text: string): void {
    this.#output.write(`${this.#spinning ? CLEAR_LINE : ''}${text}\n`)
  }

  async during<T>(label: string, body: (report: (label: string) => void) => Promise<T>): Promise<T> {
    this.#label = label
    const stop = this.#output.isTTY ? this.#spin() : this.#printLater()
    try {
      return await body(next => {
        this.#label = next
      })
    } finally {
      stop()
    }
  }

  #spin(): () => void {
    let frame = 0
    const timer = setInterval(() => {
      this.#spinning = true
      this.#output.write(`${CLEAR_LINE}${this.#style.cyan(FRAMES[frame++ % FRAMES.length]!)} ${this.#label}`)
    }, FRAME_MS)
    return () => {
      clearInterval(timer)
      if (this.#spinning) this.#output.write(CLEAR_LINE)
      this.#spinning = false
    }
  }

  /** After each second, what it is at; the same line is not repeated. */
  #printLater(): () => void {
    let printed = ''
    const timer = setInterval(() => {
      if (this.#label !== printed) this.line(`${this.#label} …`)
      printed = this.#label
    }, PATIENCE_MS)
    return () => clearInterval(timer)
  }
}
