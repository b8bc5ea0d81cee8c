/**
 * A leader, its native replica and a copy in a third region, on an emulator that other people wrote [emulator]. What moto does otherwise:
 * a replica is there and follows at once, so nothing lags or sticks; StopReplicationToReplica is missing, so no fail-over to a replica.
 */
import { ReplicateSecretToRegionsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type AwsSecretStore, betweenMoves, openAwsStore, openNativeReplica } from '../../aws/index.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { replicate } from '../../core/replication/replicate.ts'
import type { Member } from '../../core/replication/replication.ts'
import { storeRegister } from '../../core/replication/store-register.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { MemoryServer, MemoryTarget } from '../../core/testing/memory-target.ts'
import { noteShape, simulatedPolicy } from '../../core/testing/simulation/world.ts'
import { startMoto } from '../stand/moto.ts'
import { requireServer } from '../stand/stand.ts'

const ID = 'prod/app'
const [HOME, EU, AP] = ['us-east-1', 'eu-west-1', 'ap-south-1']
const WRITE = /^(Put|Update|Tag|Create|Delete|Rotate|Stop|Replicate)/

const moto = requireServer(await startMoto())
afterAll(() => moto?.stop())

const asked: string[] = []
function client(region: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const made = new SecretsManagerClient({ region, endpoint: moto!.endpoint, credentials })
  made.middlewareStack.add(
    (next, { commandName }) =>
      args => {
        asked.push(`${region} ${commandName}`)
        return next(args)
      },
    { step: 'initialize' },
  )
  return made
}

const clock = systemClock
const signal = new AbortController().signal
const replicaIn = (region: string) => openNativeReplica({ clock, client: client(region) })
const storeIn = (region: string): Promise<AwsSecretStore> => {
  const wait = betweenMoves(async () => [await replicaIn(EU)], clock)
  return openAwsStore({ clock, client: client(region), ...(region === HOME && { betweenMoves: wait }) })
}
const call = () => ({ signal, deadline: Date.now() + 60_000, run: {} })
const request = () => ({
  type: 'manual' as const,
  actor: { user_id: 'test', user_agent: 'test' },
  deadline: Date.now() + 60_000,
})

let server: MemoryServer
let generated = 0
const password = () => SecretValue.of(`password-${++generated}`)

function setup(store: AwsSecretStore): RotationSetup {
  const of = (name: string, region: string): Member => ({
    ...{ name, id: ID, required: true, timeout: 30_000, fields: {} },
    open: () => storeIn(region),
  })
  return {
    ...{ secret: 'app', id: ID, store, shape: noteShape, clock, generate: password },
    target: new MemoryTarget({ server, strategy: 'alternating-users', users: ['app_a', 'app_b'], asAdmin: false }),
    policy: { ...simulatedPolicy, grace: 0, consumers: [], interval: 0, runLife: 60_000 },
    audit: { write: async () => {} },
    replication: {
      secret: 'app',
      self: 'virginia',
      members: [of('virginia', HOME), { ...of('ireland', EU), native: () => replicaIn(EU) }, of('mumbai', AP)],
      register: storeRegister(() => storeIn('eu-north-1'), 'test'),
      acceptGap: [],
    },
  }
}

async function shown(region: string): Promise<Credential> {
  const found = await (await storeIn(region)).get(ID, call())
  return noteShape.read(found!.value as SecretValue)
}

describe.skipIf(!moto)('followers on moto [emulator]', () => {
  beforeEach(async () => {
    await moto!.reset()
    server = new MemoryServer(clock, { writer: 0 })
    const first = { username: 'app_a', password: password() }
    server.setPassword(first.username, first.password)
    const value = JSON.stringify({ username: 'app_a', password: first.password.reveal(), note: '' })
    await (await storeIn(HOME)).put(ID, SecretValue.of(value), call())
    const add = { SecretId: ID, AddReplicaRegions: [{ Region: EU }] }
    await client(HOME).send(new ReplicateSecretToRegionsCommand(add))
  })

  it('a replica says where it is copied from, and the primary that it is none', async () => {
    const { version } = (await (await replicaIn(HOME)).look(ID, call()))!
    expect(await (await replicaIn(EU)).look(ID, call())).toEqual({ version, from: HOME })
    expect(await (await replicaIn(HOME)).look(ID, call())).toEqual({ version })
    expect(await (await replicaIn(AP)).look(ID, call())).toBeUndefined()
  })

  it('a rotation is shown by the replica, which is not written, and by the copy; then the old one ends', async () => {
    const leader = setup(await storeIn(HOME))
    await replicate(leader, request(), signal)
    asked.length = 0
    const old = await shown(HOME)
    const result = await rotate(leader, { ...request(), force: true }, signal)
    expect(result.outcome === 'rotated' && result.followers).toMatchObject([
      { follower: 'ireland', standing: 'in-sync', written: false, sequence: 2 },
      { follower: 'mumbai', standing: 'in-sync', written: true, sequence: 2 },
    ])
    const passwords = await Promise.all([HOME, EU, AP].map(async region => (await shown(region)).password.reveal()))
    expect(new Set(passwords).size).toBe(1)
    expect(server.wouldAccept(await shown(EU))).toBe(true)
    expect(await retire(leader, request(), signal)).toMatchObject({ outcome: 'retired' })
    expect(server.wouldAccept(old)).toBe(false)
    expect(asked.filter(each => each.startsWith(EU) && WRITE.test(each.split(' ')[1]!))).toEqual([])
    expect(asked).toContain(`${EU} DescribeSecretCommand`)
  })
})
