import { expect, it } from 'vitest'
import type { RotationTarget } from '../../../core/ports/rotation-target.ts'
import { Bench, codeOf, DAY, errorOf, RUN_LIFE } from './support.ts'

/** The person edits the note of current, once, right after the given call of the engine. */
function editAfter(bench: Bench, port: 'store' | 'target', method: string): void {
  const inner = bench[port] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const original = inner[method]!.bind(inner)
  let done = false
  bench[`${port}_`] = {
    [method]: async (...args: unknown[]) => {
      const answer = await original(...args)
      if (!done) bench.edit(bench.current)
      done = true
      return answer
    },
  }
}

it.each(['single-user', 'alternating-users'] as const)(
  'Changed meanwhile, %s: edited before set: stop, and the target is untouched',
  async strategy => {
    const bench = new Bench(strategy)
    editAfter(bench, 'store', 'putPending')
    expect(await codeOf(bench.rotate())).toBe('conflict')
    expect(bench.note).toBe('edited')
    expect(bench.works('current')).toBe(true)
    expect(bench.works('pending')).toBe(false)
  },
)

it('Changed meanwhile: where current authenticates, pending is discarded once its run can be at work no more', async () => {
  const bench = new Bench('single-user')
  await bench.begun()
  bench.edit(bench.current)
  expect(await bench.rotate()).toMatchObject({ outcome: 'waiting', for: 'run-life' })
  expect((await bench.state()).pending).toBeDefined()
  bench.clock.advance(RUN_LIFE)
  await bench.rotate()
  expect((await bench.state()).pending).toBeUndefined()
  expect(bench.recorded('rotation_discarded')).toHaveLength(1)
  expect(bench.note).toBe('edited')
})

it('Changed meanwhile: edited after set: the edited value with the pending credential, and finished in the same run', async () => {
  const bench = new Bench('single-user')
  editAfter(bench, 'target', 'set')
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.note).toBe('edited')
  expect(bench.works('current')).toBe(true)
})

it('Changed meanwhile: an edit between test and finish is not overwritten', async () => {
  const bench = new Bench('single-user')
  editAfter(bench, 'target', 'test')
  expect(await bench.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(bench.note).toBe('edited')
  expect(bench.works('current')).toBe(true)
})

it('Changed meanwhile: where the target refuses both, both are kept and both ways out are offered', async () => {
  const bench = new Bench('single-user')
  await bench.begun()
  bench.edit(bench.current)
  bench.spoil()
  bench.clock.advance(DAY)
  const error = await errorOf(bench.rotate())
  expect(error).toMatchObject({ code: 'nothing-authenticates', exitCode: 6 })
  expect(error.next).toMatch(/secret put.*doctor/)
  expect(bench.staged('pending')).toBeDefined()
  expect(bench.note).toBe('edited')
})

it('Changed meanwhile, alternating: current edited to the login of pending stops; neither is touched', async () => {
  const bench = new Bench('alternating-users')
  const pending = await bench.begun()
  bench.setPassword(pending)
  bench.edit(pending)
  bench.clock.advance(DAY)
  expect(await codeOf(bench.rotate())).toBe('identity-mismatch')
  expect(bench.works('current')).toBe(true)
  expect(bench.staged('pending')).toBeDefined()
})

it('Changed meanwhile, single-user: a login that somebody changed at the target too stops the run before set', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  bench.clock.advance(DAY)
  bench.spoil()
  const sets: unknown[] = []
  const set = (bench.target as Extract<RotationTarget, { kind: 'settable' }>).set.bind(bench.target)
  bench.target_ = { set: async (...args: Parameters<typeof set>) => sets.push(await set(...args)) } as never
  expect(await codeOf(bench.rotate())).toBe('nothing-authenticates')
  expect(sets).toEqual([])
  expect(bench.staged('pending')).toBeDefined()
})
