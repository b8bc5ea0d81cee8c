/** The short run of `npm run torture`: some forty real workers, killed at random moments. */
import { expect, test } from 'vitest'
import type { Episode } from './lane.ts'
import { promises, torture } from './torture.ts'

const KILLS = 40

test('workers killed at random moments break no promise', { timeout: 120_000 }, async ({ skip }) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const broken: Episode[] = []
  const result = await torture({ kills: KILLS, seed }, episode => {
    if (episode.breaches.length > 0) broken.push(episode)
  })
  if (!result) return skip('no PostgreSQL on this machine')
  expect(broken, `seed ${seed}`).toEqual([])
  expect(result).toMatchObject({ ...Object.fromEntries(promises.map(promise => [promise, 0])) })
  expect(result.kills).toBeGreaterThanOrEqual(KILLS)
  // A kill that always comes before the run has changed anything, or after it, would show nothing.
  const moments = Object.keys(result.moments).filter(moment => moment !== 'untouched')
  expect(moments.length, JSON.stringify(result.moments)).toBeGreaterThan(1)
})
