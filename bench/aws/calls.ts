/**
 * What arrives at the fake of Secrets Manager.
 * @module
 */
import type { FakeSecretsManager } from '../../test/fakes/aws/secrets-manager.ts'

export interface Counted {
  readonly calls: number
  /** In words, the most frequent first, without the nouns that all of them have. */
  readonly operations: string
}

/** While `work` runs. */
export async function countCalls(fake: FakeSecretsManager, work: () => Promise<void>): Promise<Counted> {
  fake.calls.reset()
  await work()
  const counts = new Map<string, number>()
  for (const { op } of fake.calls.list) counts.set(op, (counts.get(op) ?? 0) + 1)
  const operations = [...counts].toSorted(([, a], [, b]) => b - a).map(([op, count]) => `${count} ${short(op)}`)
  return { calls: fake.calls.count(), operations: `(${operations.join(', ')})` }
}

const short = (op: string): string => op.replace(/Secret(Value|Version)?|Resource$/, '')
