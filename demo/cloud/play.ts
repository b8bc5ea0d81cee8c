/**
 * The scenes on one cloud, in order.
 * @module
 */
import type { Ended } from '../ended.ts'
import type { Progress } from '../progress.ts'
import { editAtPublication, editMeanwhile, killedWorker, type Rotations, rotations } from './scenes.ts'
import type { CloudStage } from './stage.ts'
import { asTable } from './table.ts'
import { brokenPromises, type Played, type Shown } from './verdict.ts'

export const members = [
  { name: 'reports', strategy: 'single-user' },
  { name: 'orders', strategy: 'alternating-users' },
] as const

/** `whole`: single users too. */
export async function play(stage: CloudStage, progress: Progress, whole: boolean): Promise<Played> {
  const { site } = stage
  stage.fleet.onCounts = counts => progress.counts(counts)
  const scene = async <T extends { failedQueries: number }>(title: string, work: () => Promise<T>): Promise<T> => {
    progress.begin(`${site.name}: ${title}`)
    const result = await work()
    progress.end(result.failedQueries === 0 ? 'no query failed' : `${result.failedQueries} queries failed`)
    return result
  }
  const single = (name: string, reread: boolean) => rotations(stage, { name, secret: 'reports', count: 1, reread })
  const orders = 'orders'
  const strategies: Rotations[] = []
  if (whole)
    strategies.push(
      await scene('single-user', () => single('single-user', false)),
      await scene('single-user, clients re-read when refused', () => single('single-user, re-read', true)),
    )
  strategies.push(
    await scene('alternating-users, rotated twice, retired between', () =>
      rotations(stage, { name: 'alternating-users', secret: orders, count: 2 }),
    ),
  )
  return {
    site: site.name,
    strategies,
    killedWorker: await scene('a worker killed before its record, and a rerun', () => killedWorker(stage, orders)),
    editMeanwhile: await scene('a person edits the secret in the middle', () => editMeanwhile(stage, orders)),
    editAtPublication: await scene('a person edits it with the publication', () => editAtPublication(stage, orders)),
  }
}

export function ended(played: readonly Played[], lagMs: number, began: number, real: string): Ended {
  const seconds = Math.round((performance.now() - began) / 100) / 10
  const shown: Shown = { service: 'fake', lagMs, played, seconds }
  return { shown, table: asTable(shown, real), broken: brokenPromises(shown) }
}
