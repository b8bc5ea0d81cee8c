/** Many secrets compared at once: what services count, what is found, and who is not held up by whom. */
import { describe, expect, test } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { type FleetDriftOptions, fleetDrift } from '../../../core/replication/fleet-drift.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { CountedFleet, type FleetOptions, mostIn, usedOf } from './quota-support.ts'

const never = new AbortController().signal
const READS = { requests: 600, per: 60_000 }
const VAULT = { requests: 4_000, per: 10_000 }

const aws = (region: string) => ({ kind: 'aws', region })
const gcp = (project: string) => ({ kind: 'gcp', project, readBy: { alias: 'current' }, propagation: '0s' })
const azure = (vault: string) => ({
  kind: 'azure',
  vault: `https://${vault}.vault.azure.net`,
  journal: { url: 'https://acct.blob.core.windows.net', container: 'lockstep' },
})

/** Five followers on every cloud; two stores are of one project. */
const mixed: FleetOptions = {
  secrets: 100,
  stores: {
    eu: aws('eu-central-1'),
    us: aws('us-east-1'),
    global: gcp('project-one'),
    regional: { ...gcp('project-one'), location: 'europe-west3' },
    vault: azure('kv-one'),
    other: azure('kv-two'),
    witness: aws('eu-west-1'),
  },
  followers: ['us', 'global', 'regional', 'vault', 'other'],
  epochs: 'witness',
}

async function fleetOf(options: Partial<FleetOptions> = {}): Promise<CountedFleet> {
  const fleet = new CountedFleet({ ...mixed, ...options })
  await fleet.fill()
  return fleet
}

const compare = ({ config, open, request, clock }: CountedFleet, more: Partial<FleetDriftOptions> = {}) =>
  clock.passing(fleetDrift({ config, open, request, clock, signal: never, ...more }))

describe('quotas', () => {
  test('of a project that two followers share: never exceeded, and more than 95 percent of it used', async () => {
    const fleet = await fleetOf({ secrets: 600 })
    expect(await compare(fleet)).toMatchObject({ drifted: 0, failed: 0 })
    const reads = fleet.requests.get('project-one reads')!
    expect(reads).toHaveLength(1_200)
    expect(mostIn(reads, READS.per)).toBeLessThanOrEqual(READS.requests)
    expect(usedOf(reads, READS)).toBeGreaterThan(0.95)
  })

  test('of one vault with all copies', async () => {
    const fleet = await fleetOf({ secrets: 1_000, followers: Array.from({ length: 5 }, () => 'vault') })
    expect(await compare(fleet)).toMatchObject({ drifted: 0, failed: 0 })
    const requests = fleet.requests.get('https://kv-one.vault.azure.net requests')!
    expect(mostIn(requests, VAULT.per)).toBeLessThanOrEqual(VAULT.requests)
    expect(usedOf(requests, VAULT)).toBeGreaterThan(0.95)
  })

  test('of the register too, which is looked at twice', async () => {
    const fleet = await fleetOf({ secrets: 400, followers: ['us'], epochs: 'global' })
    await compare(fleet)
    const reads = fleet.requests.get('project-one reads')!
    expect(reads).toHaveLength(800)
    expect(mostIn(reads, READS.per)).toBeLessThanOrEqual(READS.requests)
  })

  test('half of it is left to others', async () => {
    const fleet = await fleetOf({ secrets: 200 })
    await compare(fleet, { share: 0.5 })
    expect(mostIn(fleet.requests.get('project-one reads')!, READS.per)).toBeLessThanOrEqual(READS.requests / 2)
  })
})

describe('at once', () => {
  test('no more secrets than the width, each with its followers', async () => {
    const fleet = await fleetOf({ followers: ['us', 'vault'] })
    await compare(fleet, { width: 4 })
    expect(fleet.most).toBeLessThanOrEqual(4 * 2)
    expect(fleet.most).toBeGreaterThan(4)
  })

  test('no more than the scarcest quota serves soon: nobody’s time runs out while he waits', async () => {
    const fleet = await fleetOf({ secrets: 300 })
    const { failed, drifted } = await compare(fleet)
    expect({ failed, drifted }).toEqual({ failed: 0, drifted: 0 })
    expect(fleet.most).toBeLessThan(100)
  })
})

describe('what is found', () => {
  test('followers that show something else are counted, and nothing is changed', async () => {
    const fleet = await fleetOf({ secrets: 3 })
    const edited = SecretValue.of('{"username":"secret-1","password":"a person’s"}')
    fleet.stores.get('vault')!.edit('secret-1-f3', edited)
    const { secrets, drifted, failed } = await compare(fleet)
    expect({ drifted, failed }).toEqual({ drifted: 1, failed: 0 })
    const [, one] = secrets
    expect(one).toMatchObject({ secret: 'secret-1', drift: { drifted: 1 } })
    expect('drift' in one! && one.drift.followers.filter(({ equal }) => !equal)).toMatchObject([
      { follower: 'f3', standing: 'foreign' },
    ])
    expect(fleet.stores.get('vault')!.peek('secret-1-f3').current.equals(edited)).toBe(true)
  })

  test('a secret that cannot be compared takes nothing from the others, in the order of the names', async () => {
    const fleet = await fleetOf({ secrets: 5 })
    const open: FleetDriftOptions['open'] = async name => {
      if (name === 'secret-2') throw new RotationError('access-denied', 'Not here.')
      return fleet.open(name)
    }
    const heard: string[] = []
    const { secrets, failed } = await compare(fleet, { open, heard: ({ secret }) => heard.push(secret) })
    expect(failed).toBe(1)
    expect(secrets.map(({ secret }) => secret)).toEqual([0, 1, 2, 3, 4].map(n => `secret-${n}`))
    expect(secrets[2]).toMatchObject({ error: { code: 'access-denied', secret: 'secret-2' } })
    expect(heard.toSorted()).toEqual(secrets.map(({ secret }) => secret))
  })

  test('only the names that were asked for; one that nobody knows is a usage error', async () => {
    const fleet = await fleetOf({ secrets: 3 })
    const { secrets } = await compare(fleet, { names: ['secret-2', 'secret-0'] })
    expect(secrets.map(({ secret }) => secret)).toEqual(['secret-2', 'secret-0'])
    await expect(compare(fleet, { names: ['nobody'] })).rejects.toMatchObject({ code: 'usage' })
  })

  test('interrupted: what was not begun says so', async () => {
    const fleet = await fleetOf({ secrets: 30 })
    const abort = new AbortController()
    const { secrets, failed } = await compare(fleet, {
      signal: abort.signal,
      width: 2,
      heard: () => abort.abort(),
    })
    expect(secrets).toHaveLength(30)
    expect(failed).toBeGreaterThan(25)
    expect(secrets.at(-1)).toMatchObject({ error: { code: 'aborted' } })
  })
})
