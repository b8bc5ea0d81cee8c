/** The short run of `npm run torture -- --engine`: a few real workers on each engine, killed at random moments. */
import { describe, expect, test } from 'vitest'
import type { Episode } from './lane.ts'
import { promises, torture } from './torture.ts'

const KILLS = 10

describe('workers killed at random moments break no promise', () => {
  const moments = new Set<string>()

  test.for(['mysql', 'mariadb', 'redis'] as const)('of %s', { timeout: 120_000 }, async (engine, { skip }) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const broken: Episode[] = []
    const result = await torture({ engine, kills: KILLS, seed }, episode => {
      if (episode.breaches.length > 0) broken.push(episode)
    })
    if (!result) return skip('no server on this machine')
    expect(broken, `seed ${seed}`).toEqual([])
    expect(result).toMatchObject({ ...Object.fromEntries(promises.map(promise => [promise, 0])) })
    expect(result.kills).toBeGreaterThanOrEqual(KILLS)
    for (const moment of Object.keys(result.moments)) moments.add(moment)
  })

  test('and some of them in the middle of something', ({ skip }) => {
    if (moments.size === 0) skip('no server on this machine')
    // A kill that always comes before the run has changed anything, or after it, would show nothing.
    expect([...moments].filter(moment => moment !== 'untouched').length, [...moments].join()).toBeGreaterThan(1)
  })
})
