/**
 * What the demo of regions has shown, and which promise it would break: the exit code depends on it.
 * @module
 */
import type { Happened } from './board.ts'
import { CUT, type FailedOver, type Partition } from './scenes.ts'

export interface RegionShown {
  readonly name: string
  readonly store: string
  readonly queries: number
  readonly failedQueries: number
  /** SQLSTATEs, or codes of the socket. */
  readonly codes: Readonly<Record<string, number>>
  /** Which version of the leader consumers are shown at the end. */
  readonly shows: number
  /** Of the last rotation, and the longest: a partition counts. */
  readonly lagMs: number
  readonly longestLagMs: number
}

export interface Shown {
  readonly services: 'fake'
  readonly latencyMs: number
  readonly regions: readonly RegionShown[]
  /** Members that show something else than the leader at the end. */
  readonly drift: number
  readonly partition: Partition
  readonly failOver: FailedOver
  readonly timeline: readonly Happened[]
  readonly seconds: number
}

/** In words, empty if all were kept. */
export function brokenPromises({ regions, drift, partition, failOver }: Shown): string[] {
  const broken: string[] = []
  const promise = (kept: boolean, words: string) => void (kept || broken.push(words))
  for (const { name, queries, failedQueries } of regions) {
    promise(queries > 0, `${name}: no query was made`)
    promise(failedQueries === 0, `${name}: ${failedQueries} of ${queries} queries failed`)
  }
  promise(drift === 0, `drift: ${drift} members show something else than the leader`)
  const { heldBy, heldPastGraceMs, duringCut, afterRetirement } = partition
  promise(heldBy.includes(CUT), `partition: the retirement was not held by ${CUT}: ${heldBy}`)
  promise(heldPastGraceMs > 0, 'partition: it did not outlast the grace, so it shows nothing')
  promise(duringCut === 'accepted', 'partition: the old password was ended while a region still showed it')
  promise(afterRetirement === 'refused', 'partition: the old password is still accepted at the end')
  promise(
    failOver.leader === 'us' && failOver.epoch === 2,
    `failOver: ${failOver.leader} leads, epoch ${failOver.epoch}`,
  )
  promise(failOver.lostWorker === 'store-unavailable', `failOver: the lost worker answered ${failOver.lostWorker}`)
  promise(failOver.backWorker === 'standing-by', `failOver: the old leader’s worker answered ${failOver.backWorker}`)
  promise(failOver.reached === regions.length - 1, `failOver: the next rotation reached ${failOver.reached} regions`)
  return broken
}
