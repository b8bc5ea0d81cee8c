/**
 * Kills of the rotation function, in two lanes over one server, and what they have broken.
 * @module
 */
import { builtBundle } from '../../aws/bundle-run.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { isUnavailable, requireServer } from '../../stand/stand.ts'
import type { Promised } from '../promises.ts'
import { seeded } from '../random.ts'
import { promises } from '../torture.ts'
import { type Episode, Lane } from './lane.ts'

export interface Tortured extends Record<Promised, number> {
  /** A few more than asked for: a rotation is played to its end. */
  readonly kills: number
  readonly seed: number
  /** Where the kills have found the rotations, by strategy and step. */
  readonly moments: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly disturbances: Readonly<Record<string, number>>
  /** Attempts of the service until a rotation had succeeded, at most. */
  readonly mostAttempts: number
  readonly logins: number
  /** Of a single user, within the gap. */
  readonly refusedLogins: number
  readonly longestGapMs: number
  readonly seconds: number
}

const LANES = 2

export interface Options {
  readonly kills: number
  readonly seed: number
  /** Default: built from the sources. */
  readonly bundle?: string
}

/** Undefined (said on stderr): this machine cannot run the servers. */
export async function tortureAws(
  { kills, seed, bundle }: Options,
  onEpisode: (episode: Episode, kills: number) => void = () => {},
): Promise<Tortured | undefined> {
  const began = performance.now()
  const server = requireServer(await startPostgres())
  if (!server) return undefined
  const lanes: Lane[] = []
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
    const file = bundle ?? (await builtBundle())
    for (let n = 0; n < LANES; n++) {
      const lane = await Lane.open(server, file, n, seeded(seed + n))
      if (isUnavailable(lane)) return requireServer<Tortured>(lane)
      lanes.push(lane)
    }
    // both to their end, whatever happens in one: the servers are stopped afterwards
    const stop = (error: unknown) => {
      done = kills
      throw error
    }
    const ends = await Promise.allSettled(lanes.map(lane => work(lane).catch(stop)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } finally {
    await Promise.all(lanes.map(lane => lane.close()))
    await server.stop()
  }
  return { ...summary(episodes), seed, seconds: Math.round((performance.now() - began) / 100) / 10 }
}

function summary(episodes: readonly Episode[]): Omit<Tortured, 'seed' | 'seconds'> {
  const broken = episodes.flatMap(episode => episode.breaches)
  const numbers = promises.map(promise => [promise, broken.filter(breach => breach.promise === promise).length])
  const moments: Record<string, Record<string, number>> = {}
  for (const { strategy, kills } of episodes)
    for (const { step, found } of kills) {
      const name = `${strategy} ${step}`
      moments[name] = { ...moments[name], [found]: (moments[name]?.[found] ?? 0) + 1 }
    }
  const disturbances: Record<string, number> = {}
  for (const { disturbance } of episodes) disturbances[disturbance] = (disturbances[disturbance] ?? 0) + 1
  const sum = (numbersOf: (episode: Episode) => number) => episodes.reduce((total, each) => total + numbersOf(each), 0)
  const most = (numbersOf: (episode: Episode) => number) => Math.max(0, ...episodes.map(numbersOf))
  return {
    kills: sum(({ kills }) => kills.length),
    ...(Object.fromEntries(numbers) as Record<Promised, number>),
    moments,
    disturbances,
    mostAttempts: most(({ attempts }) => attempts),
    logins: sum(({ logins }) => logins),
    refusedLogins: sum(({ refusedLogins }) => refusedLogins),
    longestGapMs: most(({ longestGapMs }) => longestGapMs),
  }
}
