// What the tests of a store's cells have in common.

import { expect, it } from 'vitest'
import type { Cell } from './cells.ts'
import { playCell, played, type Simulated } from './simulate.ts'

/** Stopped at the first look. */
const REFUSED = /somebody else|not usable/

/** Somebody else is at work there too, so that a publication may land on what nobody has seen. */
const MEETING = /people|interleaving|sleeps/

/** The landings are those of the short run: later ones are for the full one, where they may show what a store does not fence. */
function inShort({ budget, ...cell }: Cell): Cell {
  if (budget === undefined) return cell
  const { delays: _, ...rest } = budget
  return { ...cell, budget: rest }
}

export function simulationSuite({ store, publish, cells, subject, depths, planted }: Simulated): void {
  it.each(cells.filter(({ long }) => !long))(
    `${store}, $strategy, $trigger: $name: every promise is kept around every request [fake]`,
    async cell => {
      const { findings, schedules, weaker } = played(store, cell, await playCell(inShort(cell), subject, depths.short))
      expect(findings).toEqual([])
      expect(schedules).toBeGreaterThan(REFUSED.test(cell.name) ? 5 : 10)
      if (publish === 'fenced' || !MEETING.test(cell.name)) expect(weaker).toBe(0)
    },
    300_000,
  )

  it.each(planted)(
    `${store}: finds the planted bug: $name [fake]`,
    async bug => {
      expect(await bug.hunt()).toMatchObject({ found: true })
    },
    300_000,
  )
}
