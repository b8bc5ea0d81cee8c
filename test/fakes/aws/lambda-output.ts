/**
 * A file without a name for a process to write to: unlike a pipe, all that was written can be read at once, and nothing
 * is left of it however we end.
 * @module
 */
import { closeSync, fstatSync, openSync, readSync, rmdirSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { freshFolder } from '../../stand/stand.ts'

export class OutputFile {
  readonly descriptor: number
  #closed: string | undefined

  constructor() {
    const folder = freshFolder('output')
    const file = path.join(folder, 'output')
    this.descriptor = openSync(file, 'a+')
    unlinkSync(file)
    rmdirSync(folder)
  }

  text(): string {
    if (this.#closed !== undefined) return this.#closed
    const bytes = Buffer.alloc(fstatSync(this.descriptor).size)
    const read = readSync(this.descriptor, bytes, 0, bytes.length, 0)
    return bytes.toString('utf8', 0, read)
  }

  /** The text can still be read. */
  close(): void {
    if (this.#closed !== undefined) return
    this.#closed = this.text()
    closeSync(this.descriptor)
  }
}
