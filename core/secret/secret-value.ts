/**
 * A value that cannot be printed: no property holds it, so JSON, inspect, templates, spread and structuredClone find nothing.
 * This is protection against accidents, not against code that runs in the same process.
 * @module
 */
import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'

const contents = new WeakMap<SecretValue, string>()
const MASK = '<secret>'
// `inspect.custom`; whoever imports node:util by name loads all of it, threads included, when a function starts
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

export class SecretValue {
  private constructor(text: string) {
    contents.set(this, text)
    Object.freeze(this)
  }

  static of(text: string): SecretValue {
    return new SecretValue(text)
  }

  /** The clear text. Called only where the wire is; `test/packaging/reveal.test.ts` holds the list of callers. */
  reveal(): string {
    return contents.get(this)!
  }

  /** Constant-time comparison of the contents. */
  equals(other: SecretValue): boolean {
    const a = Buffer.from(this.reveal())
    const b = Buffer.from(other.reveal())
    return a.length === b.length && timingSafeEqual(a, b)
  }

  get byteLength(): number {
    return Buffer.byteLength(this.reveal())
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  [INSPECT](): string {
    return MASK
  }
}
