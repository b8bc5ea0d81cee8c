// A leader and followers, in short: every part, some of its schedules, and every planted bug. `npm run simulate` plays more, and
// `docs/crash-matrix.md` says what was played in full.

import { expect, it } from 'vitest'
import { sampled } from '../../core/testing/simulation/regions/explore.ts'
import { plantedInRegions } from '../../core/testing/simulation/regions/planted.ts'
import { huntInRegions, simulateRegions } from '../../core/testing/simulation/regions/simulate.ts'

it('keeps every promise in every region, whoever crashes, is lost or takes over', async () => {
  const played = await simulateRegions(sampled)
  expect(played.flatMap(({ report }) => report.findings)).toEqual([])
  expect(played.filter(({ report }) => report.schedules < 50).map(({ part }) => part)).toEqual([])
}, 900_000)

it.each(plantedInRegions)(
  'finds the planted bug: $name',
  async bug => {
    expect(await huntInRegions(bug)).toMatchObject({ found: true })
  },
  120_000,
)
