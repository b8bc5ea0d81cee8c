/** Rotations under twenty clients that open a new connection per query: exact counts. */
import { expect, onTestFinished, test } from 'vitest'
import { retire } from '../../core/rotation/retire.ts'
import { openPlayground, quick } from '../../demo/playground.ts'
import { byHand, rotateWhenAllowed } from '../../demo/request.ts'
import { killedWorker, rotations } from '../../demo/scenes.ts'
import { Stage } from '../../demo/stage.ts'

const orders = { name: 'orders', strategy: 'alternating-users' } as const
const reports = { name: 'reports', strategy: 'single-user' } as const

async function openStage(skip: (why: string) => never): Promise<Stage> {
  const playground = await openPlayground([orders, reports])
  if (!playground) return skip('no PostgreSQL on this machine')
  const stage = new Stage(playground)
  onTestFinished(() => stage.close())
  return stage
}

test('alternating-users, interval above the age of the caches: no query fails', async ({ skip }) => {
  const stage = await openStage(skip)
  const counted = await rotations(stage, { name: 'orders', secret: 'orders', count: 3 })
  expect(counted).toMatchObject({ failedQueries: 0, codes: {}, longestGapMs: 0, leftFailing: 0 })
  expect(counted.queries).toBeGreaterThan(300)
})

test('a worker killed between set and finish: the rerun finishes the same rotation, and no query fails', async ({
  skip,
}) => {
  const shown = await killedWorker(await openStage(skip), 'orders')
  expect(shown).toMatchObject({
    ...{ signal: 'SIGKILL', newPasswordAtServer: true, sameRotation: true, sameValue: true },
    ...{ failedQueries: 0, codes: {} },
  })
})

test('single-user: clients fail for no longer than their cache and the gap, and all recover', async ({ skip }) => {
  const stage = await openStage(skip)
  const counted = await rotations(stage, { name: 'reports', secret: 'reports', count: 1 })
  expect(counted).toMatchObject({ leftFailing: 0, codes: { '28P01': counted.failedQueries } })
  expect(counted.failedQueries).toBeGreaterThan(0)
  expect(counted.longestGapMs).toBeLessThan(quick.refresh + 2_000)
})

// The test above could not fail if the clients did not cache, did not reconnect, or did not count.
test('planted: without a grace, clients that cache are seen to fail', async ({ skip }) => {
  const stage = await openStage(skip)
  const setup = await stage.setup('orders')
  const careless = { ...setup, policy: { ...setup.policy, grace: 0, consumers: [] } }
  // kept for longer than a busy machine takes to rotate and retire
  const { counts } = await stage.fleet.during({ secret: 'orders', refresh: 6 * quick.refresh }, async () => {
    await rotateWhenAllowed(careless)
    // the sessions of the old login would hold it back: released, as a person could
    const request = byHand({ release: 'sessions', reason: 'planted' })
    const { outcome } = await retire(careless, request, new AbortController().signal)
    expect(outcome).toBe('retired')
  })
  expect(counts.failedQueries).toBeGreaterThan(0)
  expect(counts.codes).toEqual({ '28P01': counts.failedQueries })
})
