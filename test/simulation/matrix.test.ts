// The published matrix: every cell of today, each played and kept, and every planted bug found. That it holds is shown by the tests
// beside this one, in short, and by `npm run simulate`.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { strategies } from './common/cells.ts'
import { MATRIX, matrixPage, published } from './matrix.ts'
import { publishedRegions, regionsSection } from './regions-matrix.ts'
import { simulatedStores } from './stores.ts'

const page = readFileSync(MATRIX, 'utf8')
const simulations = published(page)
const regions = publishedRegions(page)

it('the page is what `node scripts/write-matrix.ts` writes, from cells and bugs of today', () => {
  expect(`${matrixPage(simulations)}\n${regionsSection(regions)}`).toBe(page)
})

it('every strategy, each trigger, two workers included, on every store', () => {
  const triggers = ['the request again', 'a later request', 'a schedule that sweeps', 'items of the queue', 'events']
  for (const { store, cells } of simulations) {
    const has = new Set(cells.map(({ strategy, trigger }) => `${strategy}, ${trigger}`))
    for (const strategy of strategies)
      for (const trigger of [...triggers, 'two at once']) expect(has, store).toContain(`${strategy}, ${trigger}`)
  }
})

it('nothing is broken but what is known to be, no cell is empty, no bug is missed', () => {
  for (const [n, { cells, planted }] of simulations.entries()) {
    const known = simulatedStores[n]!.known?.map(({ strategy, name }) => `${strategy}: ${name}`) ?? []
    const broken = cells.filter(({ violations }) => violations > 0).map(({ strategy, name }) => `${strategy}: ${name}`)
    expect(broken.toSorted()).toEqual(known.toSorted())
    expect(cells.filter(({ schedules }) => schedules < 10).map(({ name }) => name)).toEqual([])
    expect(planted.filter(({ found }) => !found)).toEqual([])
  }
})

it('what is fenced has shown no weakness; what is not has shown where it ends', () => {
  for (const [n, { weaker }] of simulations.entries()) expect(weaker > 0).toBe(simulatedStores[n]!.publish !== 'fenced')
})

it('with a leader and followers nothing is broken, no part is empty, no bug is missed', () => {
  expect(regions.parts.filter(({ schedules, violations }) => schedules < 100 || violations > 0)).toEqual([])
  expect(regions.planted.filter(({ found }) => !found)).toEqual([])
})
