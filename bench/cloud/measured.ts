/**
 * What the measurements of a cloud's store share: how it is opened, and the least that it allows.
 * @module
 */
import type { Member } from '../../demo/cloud/logins.ts'
import type { Site } from '../../demo/cloud/site.ts'
import { CloudStage } from '../../demo/cloud/stage.ts'
import type { SkippingClock } from '../../test/torture/ask.ts'
import { durable, type Strategy } from '../arena.ts'

export interface Measured {
  /** As the rows begin. */
  readonly name: string
  readonly open: (clock: SkippingClock) => Promise<Site & { slowDown(ms: number): void }>
  readonly calls: Readonly<Record<Strategy, Calls>>
  /** The module of the bare script; exports `bare`. */
  readonly bare: string
  /** What its client is told. */
  readonly mode: string
}

export interface Calls {
  /** What the adapter's README promises. */
  readonly goal: number
  /** The looks and writes that the protocol has, each in as few calls as the store can answer by names that are not late. */
  readonly least: readonly string[]
}

/** A secret for the engine and one for the bare script, of each strategy. */
export const members: readonly Member[] = (['single-user', 'alternating-users'] as const).flatMap(strategy =>
  (['engine', 'bare'] as const).map(who => ({ name: nameOf(strategy, who), strategy })),
)

export function nameOf(strategy: Strategy, who: 'engine' | 'bare'): string {
  return `${who}-${strategy.slice(0, 6)}`
}

/** Nothing is shown late: the bare script would read what it has written by a name that is. */
export async function openStage<S extends Site>(
  open: (clock: SkippingClock) => Promise<S>,
  conf: Readonly<Record<string, string>> = {},
): Promise<CloudStage<S>> {
  const stage = await CloudStage.open(open, { lag: 0, members, conf: { ...durable, ...conf } })
  if (!stage) throw new Error('There is no PostgreSQL on this machine.')
  return stage
}

export function tally(calls: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const op of calls) counts.set(op, (counts.get(op) ?? 0) + 1)
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([op, count]) => `${count} ${op}`)
    .join(', ')
}
