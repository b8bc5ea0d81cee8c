/**
 * What is measured on Azure. Key Vault and Blob storage are our fakes; Microsoft's clients and PostgreSQL are real.
 * @module
 */
import path from 'node:path'
import { Journal } from '../../azure/journal.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { openAzureSite } from '../../demo/azure/site.ts'
import { cloudCounts } from '../cloud/counts.ts'
import { cloudLoading } from '../cloud/loading.ts'
import type { Measured } from '../cloud/measured.ts'
import { cloudRotationTime } from '../cloud/rotation-time.ts'
import { sweepOfNothing } from '../cloud/sweep.ts'
import type { Result } from '../result.ts'

const [read, write, get, set] = ['GetBlob', 'PutBlob', 'GetSecret', 'SetSecret'] as const

/** What it is, what waits, that it waits; a look before `set`; one more, because nothing fences the publication; and then the record. */
const least = [read, get, set, write, get, get, set, write]

const measured: Measured = {
  name: 'azure (fake)',
  open: async clock => {
    const site = await openAzureSite(0, clock.now)
    const slowDown = (latencyMs: number) => {
      for (const { faults } of [site.vault, site.blobs]) faults.every('*', { latencyMs })
    }
    return Object.assign(site, { slowDown })
  },
  calls: {
    'single-user': { goal: 9, least },
    'alternating-users': { goal: 11, least: [...least, get] },
  },
  bare: path.join(import.meta.dirname, 'bare.ts'),
  mode: 'newest',
}

export const azure = async (): Promise<Result[]> => [
  ...(await cloudCounts(measured)),
  ...(await cloudRotationTime(measured)),
  ...(await azureSweep()),
  ...(await cloudLoading('azure')),
]

/** The journals are written as a rotation writes them. */
async function azureSweep(): Promise<Result[]> {
  const site = await openAzureSite(0)
  const container = site.blobs.inProcessClient().getContainerClient('lockstep')
  const journal = new Journal(container, systemClock, new URL(site.vault.vaultUrl).host)
  const signal = new AbortController().signal
  return sweepOfNothing({
    name: 'azure (fake)',
    site,
    rotated: async (id, ledger) => {
      await journal.write(id, ledger, undefined, { signal, deadline: systemClock.now() + 60_000 })
    },
    listing: 2, // a page has 5,000
  })
}
