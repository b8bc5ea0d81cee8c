/**
 * Kills, in two lanes, and what they have broken.
 * @module
 */
import { type Kill, Lane } from './lane.ts'
import type { Promised } from './promises.ts'
import { seeded } from './random.ts'

export interface Tortured extends Record<Promised, number> {
  readonly kills: number
  readonly seed: number
  /** Where the kills have found the runs. */
  readonly moments: Readonly<Record<string, number>>
  readonly operations: Readonly<Record<string, number>>
  /** Reruns until the request was done, at most. */
  readonly mostReruns: number
  readonly seconds: number
}

export const promises: readonly Promised[] = ['lockOuts', 'unconverged', 'brokenConsumers', 'otherValue', 'unrecorded']

export const isBroken = (result: Tortured): boolean => promises.some(promise => result[promise] > 0)

const LANES = 2

/** Undefined (said on stderr): this machine cannot run the servers. */
export async function torture(
  { kills, seed }: { readonly kills: number; readonly seed: number },
  onKill: (kill: Kill, done: number) => void = () => {},
): Promise<Tortured | undefined> {
  const began = performance.now()
  const opened = await Promise.all(Array.from({ length: LANES }, (_, n) => Lane.open(seeded(seed + n))))
  const lanes = opened.filter(lane => lane !== undefined)
  const done: Kill[] = []
  let left = kills
  const work = async (lane: Lane) => {
    while (lane.usable && left-- > 0) {
      const kill = await lane.kill()
      done.push(kill)
      onKill(kill, done.length)
    }
  }
  try {
    if (lanes.length < LANES) return undefined
    await Promise.all(lanes.map(work))
  } finally {
    await Promise.all(lanes.map(lane => lane.close()))
  }
  return { ...summary(done), seed, seconds: Math.round((performance.now() - began) / 100) / 10 }
}

function summary(kills: readonly Kill[]): Omit<Tortured, 'seed' | 'seconds'> {
  const broken = kills.flatMap(kill => kill.breaches)
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
    operations: count(kills.map(kill => kill.operation)),
    mostReruns: Math.max(...kills.map(kill => kill.reruns)),
  }
}
