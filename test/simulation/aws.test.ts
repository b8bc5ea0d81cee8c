import { expect, it } from 'vitest'
import { cells } from './aws/cells.ts'
import { plantedOnAws } from './aws/planted.ts'
import { huntOnAws, playCell, short } from './aws/simulate.ts'

it.each(cells().filter(({ long }) => !long))(
  '$name: every promise is kept around every request to Secrets Manager [fake]',
  async cell => {
    const { findings, schedules } = await playCell(cell, short)
    expect(findings).toEqual([])
    expect(schedules).toBeGreaterThan(10)
  },
  300_000,
)

it.each(plantedOnAws)(
  'finds the planted bug: $name [fake]',
  async bug => {
    expect(await huntOnAws(bug)).toMatchObject({ found: true })
  },
  300_000,
)
