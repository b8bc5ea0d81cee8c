/**
 * Names a run in the file, so that its own repeat of a claim is told from another run's, in this process or any other.
 * @module
 */
import { randomUUID } from 'node:crypto'

const tokens = new WeakMap<object, string>()

export function holderOf(run: object): string {
  const token = tokens.get(run) ?? randomUUID()
  tokens.set(run, token)
  return token
}
