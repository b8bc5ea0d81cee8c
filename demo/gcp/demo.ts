/**
 * The demo on Google Cloud: the same engine, with Secret Manager in the place of the store, in both ways that consumers read.
 * @module
 */
import { ended, members, play } from '../cloud/play.ts'
import { CloudStage } from '../cloud/stage.ts'
import type { Played } from '../cloud/verdict.ts'
import type { Ended } from '../ended.ts'
import { onStage } from '../on-stage.ts'
import { Progress } from '../progress.ts'
import { type Mode, openGcpSite } from './site.ts'

const REAL = "Google's client (gRPC for Lockstep, REST for the consumers)"

/** Undefined: this machine cannot run it. */
export async function gcp(people: NodeJS.WriteStream, lag: number): Promise<Ended | undefined> {
  const began = performance.now()
  const progress = new Progress(people)
  const played: Played[] = []
  for (const mode of ['alias', 'latest'] satisfies Mode[]) {
    progress.begin(
      `PostgreSQL 18, and a fake of Secret Manager, for consumers of ${mode === 'alias' ? 'an alias' : mode}`,
    )
    const stage = await CloudStage.open(() => openGcpSite(mode, lag), { lag, members })
    if (!stage) return undefined
    progress.end('started; gone when this ends')
    played.push(await onStage(stage, () => play(stage, progress, mode === 'alias')))
  }
  return ended(played, lag, began, REAL)
}
