/**
 * A leader in one region of AWS, its native replica in a second, a copy in a third and who leads in a fourth, by the command line: our
 * fake of Secrets Manager over HTTP, and a real PostgreSQL [fake].
 */
import { ReplicateSecretToRegionsCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { REGION, secretsManager } from './aws.ts'
import { prepare } from './database.ts'
import { HOUR, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
const fake = secretsManager()
afterAll(() => server?.stop())

const [EU, AP] = ['eu-west-1', 'ap-south-1']
const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })

/** Its replica is there; nothing is copied yet. Who leads is kept in a region that no other test uses. */
async function furnished(north: string) {
  const prepared = await prepare(server!)
  const here = project()
  const region = async (name: string) => ({
    kind: 'aws',
    region: name,
    endpoint: (await fake().openRegion(name)).endpoint,
  })
  const [orders, admin] = [`${prepared.owner}/orders-db`, `${prepared.owner}/pg-admin`]
  const { 'orders-db': secret } = prepared.config.secrets
  const target = { ...(secret!.target as object), admin: { store: 'epochs', id: admin } }
  const followers = [{ store: 'ireland', replica: true }, { store: 'mumbai' }]
  here.configure({
    stores: {
      home: { kind: 'aws', region: REGION, endpoint: fake().endpoint },
      ...{ ireland: await region(EU), mumbai: await region(AP), epochs: await region(north) },
    },
    audit: [{ kind: 'file', file: 'audit.jsonl' }],
    epochs: { store: 'epochs' },
    secrets: { 'orders-db': { ...secret, id: orders, store: 'home', target, runLife: '1m', grace: '10m', followers } },
  })
  await here.ok(['secret', 'put', admin, '--store', 'epochs'], { input: prepared.adminValue })
  await here.ok(['secret', 'put', 'orders-db'], { input: prepared.value })
  const add = { SecretId: orders, AddReplicaRegions: [{ Region: EU }] }
  const client = fake().client()
  await client.send(new ReplicateSecretToRegionsCommand(add))
  client.destroy()
  const shown = (region: string) =>
    [...fake().service.peek(orders, region).versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
      ?.value
  const writes = (region: string) =>
    fake()
      .calls.list.filter(call => call.region === region && /^(Put|Update|Tag|Stop|Create)/.test(call.op))
      .map(({ op }) => op)
  return Object.assign(here, { shown, writes })
}

describe.skipIf(server === undefined)('a native replica, by the command line [fake]', () => {
  test('is awaited and never written; then leads, and is written', async () => {
    const here = await furnished('eu-north-1')
    const { data: first } = await here.json(['replicate', 'orders-db'])
    expect(first).toBeDefined()
    const { data: rotated } = await here.json(['rotate', 'orders-db', '--force'])
    expect(rotated).toMatchObject({
      outcome: 'rotated',
      followers: [
        { follower: 'ireland', standing: 'in-sync', written: false },
        { follower: 'mumbai', standing: 'in-sync', written: true },
      ],
    })
    expect(new Set([REGION, EU, AP].map(here.shown)).size).toBe(1)
    expect(here.writes(EU)).toEqual([])
    // looked at between the moves, not only afterwards
    expect(
      fake().calls.list.filter(({ region, op }) => region === EU && op === 'DescribeSecret').length,
    ).toBeGreaterThan(2)
    expect((await here.json(['drift', 'orders-db'])).code).toBe(0)

    const failedOver = await here.json(['fail-over', 'orders-db', '--to', 'ireland', '--reason', 'drill'])
    expect(failedOver.code, JSON.stringify(failedOver.data)).toBe(0)
    expect(here.writes(EU)).toContain('StopReplicationToReplica')
    const after = await here.json(['rotate', 'orders-db', '--force'], { clock: later(48 * HOUR) })
    expect(after.data).toMatchObject({ outcome: expect.stringMatching(/rotated|waiting/) })
    await here.json(['retire', 'orders-db'], { clock: later(49 * HOUR) })
    const again = await here.json(['rotate', 'orders-db', '--force'], { clock: later(96 * HOUR) })
    expect(again.data).toMatchObject({ outcome: 'rotated' })
    expect(new Set([REGION, EU, AP].map(here.shown)).size).toBe(1)
    expect(here.writes(EU)).toContain('UpdateSecretVersionStage')
  })

  test('that is configured as any other follower is not written: it is said what it is', async () => {
    const here = await furnished('eu-south-1')
    const written = here.read('lockstep.yml').replace('"replica": true', '"replica": false')
    expect(written).not.toBe(here.read('lockstep.yml'))
    here.write('lockstep.yml', written)
    const { data } = await here.json(['replicate', 'orders-db'])
    expect(JSON.stringify(data)).toContain('This is a replica; the secret is rotated in eu-central-1.')
  })
})
