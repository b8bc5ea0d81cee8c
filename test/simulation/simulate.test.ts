import { expect, it } from 'vitest'
import { planted } from '../../core/testing/simulation/planted.ts'
import { hunt, simulate } from '../../core/testing/simulation/simulate.ts'

it('keeps every promise around every crash, and reaches every row of the table of states', async () => {
  const result = await simulate({ preemptions: 2, editStride: 11, hunt: false })
  expect(result.findings).toEqual([])
  expect(result.unreached).toEqual([])
  expect(result.schedules).toBeGreaterThan(20_000)
}, 900_000)

it.each(planted)(
  'finds the planted bug: $name',
  async bug => {
    expect(await hunt(bug)).toMatchObject({ found: true })
  },
  120_000,
)
