import { expect, it } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { Bench, codeOf } from './support.ts'

it.each(['single-user', 'alternating-users'] as const)(
  'Discarding, %s: a value that the target refuses is discarded for one fresh value',
  async strategy => {
    const bench = new Bench(strategy)
    const refused: SecretValue[] = []
    bench.server.rejects = password => {
      if (refused.length === 0) refused.push(password)
      return refused[0]!.equals(password)
    }
    expect(await bench.rotate()).toMatchObject({ outcome: 'rotated', resumed: false })
    expect(bench.works('current')).toBe(true)
    expect(bench.recorded('rotation_discarded')).toHaveLength(1)
  },
)

it('Discarding: a second refused value is discarded too; then the run stops and says why', async () => {
  const bench = new Bench('alternating-users')
  let asked = 0
  bench.server.rejects = () => {
    asked++
    return true
  }
  expect(await codeOf(bench.rotate())).toBe('value-rejected')
  expect(asked).toBe(2)
  expect((await bench.state()).pending).toBeUndefined()
  expect(bench.works('current')).toBe(true)
  expect(await bench.state()).toMatchObject({ attempts: 1, generation: 2 })
})

it('Discarding: a value that a person brought is never replaced by another one', async () => {
  const bench = new Bench('single-user')
  let asked = 0
  bench.server.rejects = () => {
    asked++
    return true
  }
  expect(await codeOf(bench.rotate({ value: SecretValue.of('brought') }))).toBe('value-rejected')
  expect(asked).toBe(1)
  expect((await bench.state()).pending).toBeUndefined()
})

it('Discarding: never where the writer accepts pending and a reader still shows current', async () => {
  const bench = new Bench('single-user', { lag: 3_600_000, policy: { replicaLag: 1_000 } })
  const pending = await bench.begun()
  bench.setPassword(pending)
  await bench.rotate().catch(() => undefined)
  expect(bench.recorded('rotation_discarded')).toEqual([])
  const staged = [bench.staged('pending'), bench.staged('current')]
  expect(staged.some(c => c?.password.equals(pending.password))).toBe(true)
})
