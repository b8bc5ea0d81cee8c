/**
 * The demo on a local store.
 * @module
 */
import type { Ended } from './ended.ts'
import { onStage } from './on-stage.ts'
import { openPlayground } from './playground.ts'
import { Progress } from './progress.ts'
import { killedWorker, type Rotations, retirement, rollbackUnderLoad, rotations } from './scenes.ts'
import { Stage } from './stage.ts'
import { asTable } from './table.ts'
import { brokenPromises, type Shown } from './verdict.ts'

/** Undefined: this machine cannot run it. */
export async function local(people: NodeJS.WriteStream): Promise<Ended | undefined> {
  const began = performance.now()
  const progress = new Progress(people)
  progress.begin('PostgreSQL 18 and a local store')
  const playground = await openPlayground([
    { name: 'reports', strategy: 'single-user' },
    { name: 'orders', strategy: 'alternating-users' },
  ])
  if (!playground) return undefined
  const stage = new Stage(playground)
  return onStage(stage, async () => {
    progress.end('started in a folder of their own, gone when this ends')
    stage.fleet.onCounts = counts => progress.counts(counts)
    const shown = { ...(await play(stage, progress)), seconds: Math.round((performance.now() - began) / 100) / 10 }
    return { shown, table: asTable(shown), broken: brokenPromises(shown) }
  })
}

async function play(stage: Stage, progress: Progress): Promise<Omit<Shown, 'seconds'>> {
  const scene = async <T extends { failedQueries: number }>(title: string, play: () => Promise<T>): Promise<T> => {
    progress.begin(title)
    const result = await play()
    progress.end(result.failedQueries === 0 ? 'no query failed' : `${result.failedQueries} queries failed`)
    return result
  }
  const single = (name: string, reread: boolean) => rotations(stage, { name, secret: 'reports', count: 2, reread })
  const orders = 'orders'
  const strategies: Rotations[] = [
    await scene('single-user, rotated twice', () => single('single-user', false)),
    await scene('single-user, clients re-read when refused', () => single('single-user, re-read', true)),
    await scene('alternating-users, rotated three times, retired between', () =>
      rotations(stage, { name: 'alternating-users', secret: orders, count: 3 }),
    ),
  ]
  return {
    strategies,
    killedWorker: await scene('a worker killed between set and finish, and a rerun', () => killedWorker(stage, orders)),
    retirement: await scene('the old credential retired', () => retirement(stage, orders)),
    rollback: await scene('a rotation rolled back', () => rollbackUnderLoad(stage, orders)),
  }
}
