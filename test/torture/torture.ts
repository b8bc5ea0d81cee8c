/**
 * Kills, in two lanes, and what they have broken.
 * @module
 */
import type { GroundEngine } from './grounds/ground.ts'
import { type Episode, Lane } from './lane.ts'
import type { Promised } from './promises.ts'
import { seeded } from './random.ts'

export interface Tortured extends Record<Promised, number> {
  /** A few more than asked for: an operation is played to its end. */
  readonly kills: number
  readonly seed: number
  /** Where the kills have found the runs. */
  readonly moments: Readonly<Record<string, number>>
  readonly operations: Readonly<Record<string, number>>
  /** Reruns that were killed as well. */
  readonly killedAgain: number
  /** Reruns until the request was done, at most. */
  readonly mostReruns: number
  readonly seconds: number
}

export const promises: readonly Promised[] = ['lockOuts', 'unconverged', 'brokenConsumers', 'otherValue', 'unrecorded']

export const isBroken = (result: Readonly<Record<Promised, number>>): boolean =>
  promises.some(promise => result[promise] > 0)

const LANES = 2

/** Undefined (said on stderr): this machine cannot run the servers. */
export async function torture(
  {
    engine = 'postgres',
    kills,
    seed,
  }: { readonly engine?: GroundEngine; readonly kills: number; readonly seed: number },
  onEpisode: (episode: Episode, kills: number) => void = () => {},
): Promise<Tortured | undefined> {
  const began = performance.now()
  const opened = await Promise.all(Array.from({ length: LANES }, (_, n) => Lane.open(engine, seeded(seed + n))))
  const lanes = opened.filter(lane => lane !== undefined)
  const episodes: Episode[] = []
  let done = 0
  const work = async (lane: Lane) => {
    while (lane.usable && done < kills) {
      const episode = await lane.episode()
      episodes.push(episode)
      done += episode.kills.length
      onEpisode(episode, done)
    }
  }
  try {
    if (lanes.length < LANES) return undefined
    // both to their end, whatever happens in one: the servers are stopped afterwards
    const stop = (error: unknown) => {
      done = kills
      throw error
    }
    const ends = await Promise.allSettled(lanes.map(lane => work(lane).catch(stop)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } finally {
    await Promise.all(lanes.map(lane => lane.close()))
  }
  return { ...summary(episodes), seed, seconds: Math.round((performance.now() - began) / 100) / 10 }
}

function summary(episodes: readonly Episode[]): Omit<Tortured, 'seed' | 'seconds'> {
  const kills = episodes.flatMap(episode => episode.kills)
  const broken = episodes.flatMap(episode => episode.breaches)
  const count = (names: readonly string[]) => {
    const counts: Record<string, number> = {}
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1
    return counts
  }
  const numbers = promises.map(promise => [promise, broken.filter(breach => breach.promise === promise).length])
  return {
    kills: kills.length,
    ...(Object.fromEntries(numbers) as Record<Promised, number>),
    moments: count(kills.map(kill => kill.moment)),
    operations: count(episodes.map(episode => episode.operation)),
    killedAgain: episodes.filter(episode => episode.kills.length > 1).length,
    mostReruns: Math.max(0, ...episodes.map(episode => episode.reruns)),
  }
}
