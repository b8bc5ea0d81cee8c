/**
 * Failed queries of twenty clients for one rotation of a single user, with a second between the four invocations: by the built
 * function, and by what AWS's template does.
 * @module
 */
import { AwsStage, REFRESH_MS } from '../../demo/aws/stage.ts'
import { Template } from '../../demo/aws/template.ts'
import type { Invoke } from '../../test/fakes/aws/rotation-driver.ts'
import { durable } from '../arena.ts'
import { median, type Result, result } from '../result.ts'

const ROUNDS = 3
const OF_THE_TEMPLATE = 1 / 5
const REREAD = 5

export async function lostQueries(): Promise<Result[]> {
  const stage = await AwsStage.open(durable)
  if (!stage) throw new Error('There is no PostgreSQL or no runtime client on this machine.')
  const client = stage.cloud.fake.client()
  try {
    const template = new Template(client)
    const secret = await stage.cloud.makeSecret('bench/watched', 'single-user')
    await lost(stage, secret, stage.invoke, false) // the processes are cold
    const [ours, theirs, reread]: number[][] = [[], [], []]
    for (let round = 0; round < ROUNDS; round++) {
      ours!.push(await lost(stage, secret, stage.invoke, false))
      theirs!.push(await lost(stage, secret, template.invoke, false))
      reread!.push(await lost(stage, secret, stage.invoke, true))
    }
    const name = 'aws (fake), single-user: failed queries'
    return [
      result(`${name} / AWS's template`, median(ours!) / median(theirs!), '×', OF_THE_TEMPLATE),
      result(`${name} per rotation, clients re-read once`, median(reread!), '', REREAD),
      result(`${name} per rotation`, median(ours!), ''),
      result(`${name} per rotation by AWS's template`, median(theirs!), ''),
    ]
  } finally {
    client.destroy()
    await stage.close()
  }
}

async function lost(stage: AwsStage, secret: string, invoke: Invoke, reread: boolean): Promise<number> {
  const { counts } = await stage.fleet.during({ secret, refresh: REFRESH_MS, reread }, async () => {
    const { outcome, failure } = await stage.rotate(secret, {}, invoke)
    if (outcome !== 'succeeded') throw new Error(`Expected a rotation, got ${outcome}: ${failure?.errorMessage}`)
  })
  if (counts.failing > 0) throw new Error(`${counts.failing} clients were left without a working password.`)
  return counts.failedQueries
}
