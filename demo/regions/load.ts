/**
 * Clients of every region at once, each reading its own region's store.
 * @module
 */
import type { Counts } from '../client.ts'
import type { RegionName } from './config.ts'
import { SECRET } from './config.ts'
import type { Region } from './stage.ts'
import { timing } from './timing.ts'

export const CLIENTS = 6

export type CountsOf = ReadonlyMap<RegionName, Counts>

/** From when every client of every region has had an answer, until every cache was refreshed once more. */
export async function underLoad<T>(
  regions: readonly Region[],
  work: () => Promise<T>,
): Promise<{ readonly counts: CountsOf; readonly result: T }> {
  const over = Promise.withResolvers<void>()
  const watch = { secret: SECRET, refresh: timing.refresh, clients: CLIENTS }
  const begun: Promise<void>[] = []
  const watched = regions.map(async ({ name, fleet }) => {
    const all = Promise.withResolvers<void>()
    begun.push(all.promise)
    const { counts } = await fleet.during(watch, async () => {
      all.resolve()
      await over.promise
    })
    return [name, counts] as const
  })
  const ended = Promise.all(watched)
  ended.catch(() => {}) // told below, or instead of what fails first
  try {
    await Promise.race([Promise.all(begun), ended])
    const result = await work()
    over.resolve()
    return { counts: new Map(await ended), result }
  } finally {
    over.resolve()
  }
}
