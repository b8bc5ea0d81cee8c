/**
 * What is measured on Google Cloud. Secret Manager is our fake; Google's client and PostgreSQL are real.
 * @module
 */
import path from 'node:path'
import { writeLedger } from '../../core/ledger/record.ts'
import { type Mode, openGcpSite } from '../../demo/gcp/site.ts'
import { cloudCounts } from '../cloud/counts.ts'
import { cloudLoading } from '../cloud/loading.ts'
import type { Measured } from '../cloud/measured.ts'
import { cloudRotationTime } from '../cloud/rotation-time.ts'
import { sweepOfNothing } from '../cloud/sweep.ts'
import type { Result } from '../result.ts'

const [look, access, add, update] = ['GetSecret', 'AccessSecretVersion', 'AddSecretVersion', 'UpdateSecret'] as const

/** What it is, what waits, that it waits; a look before `set`; then one patch. Of the admin: which number its alias names, and what that is. */
const byAlias = [look, access, add, update, look, update]
/** Each look asks for a newer one, and nothing fences the publication: one more look before it; and then the record. */
const asLatest = [look, access, access, add, update, access, access, add, update]

const measured: Readonly<Record<Mode, Measured>> = {
  alias: modeOf('alias', {
    'single-user': { goal: 6, least: byAlias },
    'alternating-users': { goal: 9, least: [...byAlias, look, access] },
  }),
  latest: modeOf('latest', {
    'single-user': { goal: 11, least: asLatest },
    'alternating-users': { goal: 17, least: [...asLatest, 'GetSecretVersion', access, access] },
  }),
}

function modeOf(mode: Mode, calls: Measured['calls']): Measured {
  const open = async () => {
    const site = await openGcpSite(mode, 0)
    return Object.assign(site, { slowDown: (latencyMs: number) => void site.fake.faults.every('*', { latencyMs }) })
  }
  return { name: `gcp ${mode} (fake)`, open, calls, bare: path.join(import.meta.dirname, 'bare.ts'), mode }
}

export const gcp = async (): Promise<Result[]> => [
  ...(await cloudCounts(measured.alias)),
  ...(await cloudCounts(measured.latest)),
  ...(await cloudRotationTime(measured.alias)),
  ...(await cloudRotationTime(measured.latest)),
  ...(await gcpSweep()),
  ...(await cloudLoading('gcp')),
]

async function gcpSweep(): Promise<Result[]> {
  const site = await openGcpSite('latest', 0)
  return sweepOfNothing({
    name: 'gcp (fake)',
    site,
    rotated: async (id, ledger) => {
      site.fake.service.patchAsPerson(id, { annotations: { lockstep: writeLedger(ledger) } })
    },
    listing: 1, // a page has 25,000
  })
}
