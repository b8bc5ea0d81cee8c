import { expect, it } from 'vitest'
import { cells } from './aws/cells.ts'
import { playCell } from './aws/simulate.ts'

const bounded = { preemptions: 1, editStride: 29, faultStride: 3 }

it.each(cells().filter(({ long }) => !long))(
  '$name: every promise is kept on the fake of Secrets Manager, around every request [fake]',
  async cell => {
    const { findings, schedules } = await playCell(cell, bounded)
    expect(findings).toEqual([])
    expect(schedules).toBeGreaterThan(10)
  },
  300_000,
)
