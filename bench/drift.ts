/**
 * A thousand secrets, five followers each, compared within the quotas that clouds document. The services are stores in memory that
 * count their requests, 80 ms away, and time is the clock's: the counts are the same on every machine.
 * @module
 */
import { fleetDrift } from '../core/replication/fleet-drift.ts'
import type { Limit } from '../core/replication/quota.ts'
import { CountedFleet, type FleetOptions, mostIn, usedOf } from '../test/core/replication/quota-support.ts'
import { type Result, result } from './result.ts'

const SECRETS = 1_000
/** Of what a quota allows, in percent. */
const UNUSED = 5

const journal = { url: 'https://acct.blob.core.windows.net', container: 'lockstep' }
const stores = {
  eu: { kind: 'aws', region: 'eu-central-1' },
  us: { kind: 'aws', region: 'us-east-1' },
  witness: { kind: 'aws', region: 'eu-west-1' },
  gcp: { kind: 'gcp', project: 'project-one', readBy: { alias: 'current' }, propagation: '0s' },
  vault: { kind: 'azure', vault: 'https://kv-one.vault.azure.net', journal },
  other: { kind: 'azure', vault: 'https://kv-two.vault.azure.net', journal },
}

interface Scarce {
  readonly name: string
  readonly followers: FleetOptions['followers']
  /** By what the service counts. */
  readonly counted: string
  readonly limit: Limit
}

const scarce: readonly Scarce[] = [
  {
    name: 'on every cloud',
    followers: ['us', 'gcp', 'gcp', 'vault', 'other'],
    counted: 'project-one reads',
    limit: { requests: 600, per: 60_000 },
  },
  {
    name: 'in one vault',
    followers: ['vault', 'vault', 'vault', 'vault', 'vault'],
    counted: 'https://kv-one.vault.azure.net requests',
    limit: { requests: 4_000, per: 10_000 },
  },
]

export async function drift(): Promise<Result[]> {
  const results: Result[] = []
  for (const each of scarce) results.push(...(await compare(each)))
  return results
}

async function compare({ name, followers, counted, limit }: Scarce): Promise<Result[]> {
  const fleet = new CountedFleet({ secrets: SECRETS, stores, followers, epochs: 'witness' })
  await fleet.fill()
  const { config, open, request, clock } = fleet
  const began = clock.time
  const signal = new AbortController().signal
  const found = await clock.passing(fleetDrift({ config, open, request, clock, signal }))
  if (found.failed + found.drifted > 0) throw new Error('Something differed, or could not be compared.')
  const times = fleet.requests.get(counted)!
  const what = `drift of ${SECRETS.toLocaleString('en')} secrets, 5 followers ${name}`
  const most = mostIn(times, limit.per)
  return [
    result(`${what}: requests in any ${limit.per / 1_000} s, of ${limit.requests}`, most, '', limit.requests),
    result(`${what}: the scarcest quota, left unused`, 100 * (1 - usedOf(times, limit)), '%', UNUSED),
    result(`${what}: requests under way at most`, fleet.most, ''),
    result(`${what}: takes, by the quota`, (clock.time - began) / 1_000, 's'),
  ]
}
