/**
 * The short run of `npm run torture -- --cloud aws`: the built bundle under AWS's runtime client, killed in all four steps. The
 * fake of Secrets Manager is ours, PostgreSQL 18 is real.
 * Planted in the bundle: promoted before `set`, set in setSecret, another password set, current's login changed instead of its twin's,
 * no recovery from a `set` that had happened, overtaken versions not tried, pending not taken up again, the end not recorded by who
 * finds it done: each found.
 */
import { expect, test } from 'vitest'
import { promises } from '../torture.ts'
import type { Episode } from './lane.ts'
import { tortureAws } from './torture.ts'

const KILLS = 60

test('a rotation function that is killed at random moments breaks no promise', { timeout: 180_000 }, async ({
  skip,
}) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const broken: Episode[] = []
  const result = await tortureAws({ kills: KILLS, seed }, episode => {
    if (episode.breaches.length > 0) broken.push(episode)
  })
  if (!result) return skip('no server or no runtime client on this machine')
  expect(broken, `seed ${seed}`).toEqual([])
  expect(result).toMatchObject({ ...Object.fromEntries(promises.map(promise => [promise, 0])) })
  expect(result.kills).toBeGreaterThanOrEqual(KILLS)
  // Kills that all come before anything has changed, or after it, would show nothing.
  const seen = JSON.stringify(result.moments)
  const steps = Object.keys(result.moments).map(name => name.split(' ')[1])
  expect(new Set(steps).size, seen).toBe(4)
  for (const moment of ['created', 'set', 'promoted']) expect(seen).toContain(moment)
  expect(Object.keys(result.disturbances).sort()).toEqual(['cancel', 'edit', 'none', 'two drivers'])
})
