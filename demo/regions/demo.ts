/**
 * The demo of regions: one secret in four stores, its leader on AWS, while clients of each region read their own store.
 * @module
 */
import { drift } from '../../core/replication/drift.ts'
import type { Ended } from '../ended.ts'
import { onStage } from '../on-stage.ts'
import { byHand } from '../request.ts'
import { never } from './ask.ts'
import { Board, picture } from './board.ts'
import { CLIENTS, type CountsOf, underLoad } from './load.ts'
import { firstCopies, lostLeader, partition, plainRotation } from './scenes.ts'
import { RegionsStage } from './stage.ts'
import { LATENCY_MS } from './timing.ts'
import { told } from './told.ts'
import { brokenPromises, type Shown } from './verdict.ts'

/** Undefined: this machine cannot run it. */
export async function regions(people: NodeJS.WriteStream): Promise<Ended | undefined> {
  const began = performance.now()
  const stage = await RegionsStage.open()
  if (!stage) return undefined
  return onStage(stage, async () => {
    const board = new Board(people, stage.regions)
    const { counts, result } = await play(stage, board)
    board.end()
    const seconds = Math.round((performance.now() - began) / 100) / 10
    const shown: Shown = {
      ...{ services: 'fake', latencyMs: LATENCY_MS, regions: regionsShown(board, counts), ...result },
      ...{ timeline: board.timeline, seconds },
    }
    const words = `One database, ${LATENCY_MS} ms between regions (${LATENCY_MS / 2} ms each way), ${CLIENTS} clients in each, a new connection for every query, ${seconds} s.`
    return { shown, table: `${picture(board.lines)}\n\n  ${words}`, broken: brokenPromises(shown) }
  })
}

async function play(stage: RegionsStage, board: Board) {
  const scene = told(stage, board)
  board.say(`PostgreSQL 18, and a store in each region, ${LATENCY_MS} ms from the others`)
  await firstCopies(scene)
  for (const { name, fleet } of stage.regions) fleet.onCounts = counts => board.counts(name, counts)
  return underLoad(stage.regions, async () => {
    board.say('clients of every region read their own store, and query')
    await plainRotation(scene)
    const cut = await partition(scene)
    const failedOver = await lostLeader(scene)
    const { drifted, followers } = await drift(await stage.workers.us.orders(), byHand(), never)
    scene.note(followers)
    board.say(`drift: ${drifted} (\`lockstep drift orders\`)`)
    return { drift: drifted, partition: cut, failOver: failedOver }
  })
}

const regionsShown = (board: Board, counts: CountsOf): Shown['regions'] =>
  board.lines.map(line => {
    const { queries, failedQueries, codes } = counts.get(line.name)!
    Object.assign(line, { queries, failedQueries })
    const { name, store, shows, lagMs, longestLagMs } = line
    return { name, store, queries, failedQueries, codes, shows, lagMs, longestLagMs }
  })
