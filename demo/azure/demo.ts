/**
 * The demo on Azure: the same engine, with Key Vault and a journal in Blob storage in the place of the store.
 * @module
 */
import { ended, members, play } from '../cloud/play.ts'
import { CloudStage } from '../cloud/stage.ts'
import type { Ended } from '../ended.ts'
import { onStage } from '../on-stage.ts'
import { Progress } from '../progress.ts'
import { nearExpiry } from './near-expiry.ts'
import { openAzureSite } from './site.ts'

const REAL = "Microsoft's clients (over HTTPS)"

/** Undefined: this machine cannot run it. */
export async function azure(people: NodeJS.WriteStream, lag: number): Promise<Ended | undefined> {
  const began = performance.now()
  const progress = new Progress(people)
  progress.begin('PostgreSQL 18, and fakes of Key Vault and Blob storage')
  const stage = await CloudStage.open(clock => openAzureSite(lag, clock.now), {
    lag,
    members: [...members, ...expiring],
  })
  if (!stage) return undefined
  return onStage(stage, async () => {
    progress.end('started; gone when this ends')
    const played = await play(stage, progress, true)
    progress.begin('azure: a secret near its expiry, six days')
    const expiry = await nearExpiry(stage, expiring[0].name)
    progress.end(`${expiry.rotations} rotation, ${expiry.events} event`)
    return ended([{ ...played, nearExpiry: expiry }], lag, began, REAL)
  })
}

const expiring = [{ name: 'invoices', strategy: 'single-user' }] as const
