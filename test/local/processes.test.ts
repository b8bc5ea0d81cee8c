import { expect, it } from 'vitest'
import type { VersionId } from '../../core/ports/secret-store.ts'
import type { LocalStore } from '../../local/index.ts'
import { integrityOf, killedAfter, start } from './processes.ts'
import { type Place, places, textOf, value } from './support.ts'

const place = places()

/** Each kill starts a process: on a busy machine that takes its time. */
const KILLS_MS = 300_000

async function expectKept(store: LocalStore, here: Place, acknowledged: readonly unknown[]): Promise<void> {
  for (const line of acknowledged) {
    const [id, version, text] = line as [string, VersionId, string]
    expect(textOf(await store.read(id, version, here.call()))?.split(' x')[0], version).toBe(text)
  }
}

it(
  'SIGKILL 200 times while two processes write: the file is whole and holds everything acknowledged',
  async () => {
    const here = place()
    const acknowledged: unknown[] = []
    let atLeast = 0
    for (let round = 0; round < 100; round++) {
      // The counts differ, so that the second dies while the first may be anywhere.
      const [first, second] = [1 + (round % 7), 1 + (round % 5)]
      atLeast += first + second
      const pair = [killedAfter(here, ['put', `a${round}`], first), killedAfter(here, ['put', `b${round}`], second)]
      const lines = (await Promise.all(pair)).flatMap(worker => worker.lines)
      const store = await here.open()
      await expectKept(store, here, lines)
      store.close()
      acknowledged.push(...lines)
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(atLeast)
    expect(integrityOf(here.file)).toEqual(['ok'])
    await expectKept(await here.open(), here, acknowledged)
  },
  KILLS_MS,
)

it('four processes rotate one secret: each generation was moved by exactly one of them', async () => {
  const here = place()
  const store = await here.open()
  await store.put('shared', value('old'), here.call())
  const workers = ['a', 'b', 'c', 'd'].map(name => start(here, ['rotate', name, '50']))
  for (const { ended } of workers) expect(await ended).toEqual({ code: 0, stderr: '' })
  const moved = workers.flatMap(({ lines }) => lines).length
  const state = (await store.describe('shared', here.call()))!
  expect(state.generation).toBe(moved)
  expect(moved).toBeGreaterThanOrEqual(50)
  // Those that shared a rotation shared its value: every version in the file became current once.
  expect((await store.unlabelled('shared', 1_000, here.call())).length).toBe(moved - 1)
})

it('four processes create one file at the same time: all of them write to it', async () => {
  const here = place()
  const workers = await Promise.all(['a', 'b', 'c', 'd'].map(name => killedAfter(here, ['put', name], 3)))
  const store = await here.open({ create: false })
  await expectKept(
    store,
    here,
    workers.flatMap(({ lines }) => lines),
  )
})
