/**
 * The demo on AWS: the function that replaces the templates of Secrets Manager, driven as the service drives it.
 * @module
 */
import type { Ended } from '../ended.ts'
import { onStage } from '../on-stage.ts'
import { Progress } from '../progress.ts'
import { editAtPromotion, killedRuntime, leftByTemplate, personsPut, type Rotations, rotations } from './scenes.ts'
import { AwsStage } from './stage.ts'
import { asTable } from './table.ts'
import { brokenPromises, type Shown } from './verdict.ts'

/** Undefined: this machine cannot run it. */
export async function aws(people: NodeJS.WriteStream): Promise<Ended | undefined> {
  const began = performance.now()
  const progress = new Progress(people)
  progress.begin('PostgreSQL 18, a fake of Secrets Manager, dist/aws/rotate.mjs')
  const patience = setTimeout(
    () => people.write("\n  AWS's runtime client is compiled here once: about a minute\n"),
    5_000,
  )
  const stage = await AwsStage.open().finally(() => clearTimeout(patience))
  if (!stage) return undefined
  return onStage(stage, async () => {
    progress.end("started; the function runs under AWS's runtime client")
    stage.fleet.onCounts = counts => progress.counts(counts)
    const scenes = await play(stage, progress)
    const shown: Shown = { ...scenes, seconds: Math.round((performance.now() - began) / 100) / 10 }
    return { shown, table: asTable(shown), broken: brokenPromises(shown) }
  })
}

async function play(stage: AwsStage, progress: Progress): Promise<Omit<Shown, 'seconds'>> {
  const scene = async <T extends { failedQueries: number }>(title: string, play: () => Promise<T>): Promise<T> => {
    progress.begin(title)
    const result = await play()
    progress.end(result.failedQueries === 0 ? 'no query failed' : `${result.failedQueries} queries failed`)
    return result
  }
  const { cloud } = stage
  const reports = await cloud.makeSecret('demo/reports', 'single-user')
  const orders = await cloud.makeSecret('demo/orders', 'alternating-users')
  const invoices = await cloud.makeSecret('demo/invoices', 'single-user')
  const strategies: Rotations[] = [
    await scene('single-user, one second between the four invocations', () =>
      rotations(stage, { name: 'single-user', secret: reports, count: 1 }),
    ),
    await scene('single-user, clients re-read when refused', () =>
      rotations(stage, { name: 'single-user, re-read', secret: reports, count: 1, reread: true }),
    ),
    await scene('alternating-users, rotated twice', () =>
      rotations(stage, { name: 'alternating-users', secret: orders, count: 2 }),
    ),
  ]
  return {
    service: 'fake',
    strategies,
    killedRuntime: await scene('the runtime killed between set and promote, and the attempt after it', () =>
      killedRuntime(stage, orders),
    ),
    leftByTemplate: await scene("a rotation that AWS's template left half done", () => leftByTemplate(stage, invoices)),
    personsPut: await scene('a person edits the secret in the middle of a rotation', () => personsPut(stage, orders)),
    editAtPromotion: await scene('a person edits it between set and promote of a single user', () =>
      editAtPromotion(stage, invoices),
    ),
  }
}
