/** Who leads, in Blob Storage; on our fake, and on an emulator that other people wrote. */
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob'
import { afterAll, describe, expect, it } from 'vitest'
import { BlobRegister } from '../../azure/leader-register.ts'
import { firstRecord, recordText } from '../../core/replication/record.ts'
import {
  type HeldRegister,
  type RegisterFixture,
  registerConformance,
} from '../../core/testing/register-conformance.ts'
import { startAzurite } from '../stand/azurite.ts'
import { requireServer } from '../stand/stand.ts'
import { CONTAINER, Place } from './support.ts'

const DEPLOYMENT = 'conformance'
const over = (place: Place, container: ContainerClient) => new BlobRegister(container, place.clock, DEPLOYMENT)
const containerOf = ({ blobs }: Place, identity = 'test') =>
  blobs.inProcessClient({ identity }).getContainerClient(CONTAINER)

/** Every upload arrives, and no answer to it does. */
const deaf = (container: ContainerClient): ContainerClient =>
  new Proxy(container, {
    get(inner, property) {
      if (property !== 'getBlockBlobClient') return Reflect.get(inner, property, inner)
      return (name: string) => ({
        async upload(...given: Parameters<ReturnType<ContainerClient['getBlockBlobClient']>['upload']>) {
          await inner.getBlockBlobClient(name).upload(...given)
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
        },
      })
    },
  })

/** Uploads wait at the door. */
function held(place: Place, container: ContainerClient): HeldRegister {
  const [reached, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const waiting = new Proxy(container, {
    get(inner, property) {
      if (property !== 'getBlockBlobClient') return Reflect.get(inner, property, inner)
      return (name: string) => ({
        async upload(...given: Parameters<ReturnType<ContainerClient['getBlockBlobClient']>['upload']>) {
          reached.resolve()
          await going.promise
          return inner.getBlockBlobClient(name).upload(...given)
        },
      })
    },
  })
  return { register: over(place, waiting), reached: reached.promise, goOn: going.resolve }
}

async function onFake(): Promise<RegisterFixture> {
  const place = new Place()
  place.blobs.permissions.denyAction('denied', '*')
  const register = over(place, containerOf(place))
  return {
    register,
    now: () => place.clock.now(),
    write: async (secret, text) => place.blobs.service.putAsPerson(CONTAINER, register.nameOf(secret), text),
    second: () => over(place, containerOf(place)),
    held: () => held(place, containerOf(place)),
    unanswered: over(place, deaf(containerOf(place))),
    denied: over(place, containerOf(place, 'denied')),
    get unreachable() {
      place.blobs.faults.every('*', 'reset')
      return over(place, containerOf(place))
    },
  }
}

describe('the register in Blob Storage [fake]', () => {
  for (const { name, run } of registerConformance(onFake, { without: ['dying'] })) it(name, run)
})

const azurite = requireServer(await startAzurite())
const service =
  azurite && BlobServiceClient.fromConnectionString(azurite.connectionString, { retryOptions: { maxTries: 1 } })
let count = 0
afterAll(() => azurite?.stop())

async function onAzurite(): Promise<RegisterFixture> {
  const place = new Place()
  const container = service!.getContainerClient(`registers-${++count}`)
  await container.create()
  const register = over(place, container)
  return {
    register,
    now: () => place.clock.now(),
    write: (secret, text) => container.getBlockBlobClient(register.nameOf(secret)).upload(text, text.length),
    second: () => over(place, container),
    held: () => held(place, container),
    unanswered: over(place, deaf(container)),
  }
}

describe.skipIf(!azurite)('the register in Azurite [emulator]', () => {
  const without = ['dying', 'denied', 'unreachable'] as const
  for (const { name, run } of registerConformance(onAzurite, { without })) it(name, run)
})

describe('what only a blob has [fake]', () => {
  const record = firstRecord('eu')
  const next = { ...record, sequence: 1 }

  it('a container that is not there is no absence', async () => {
    const place = new Place()
    const nowhere = over(place, place.blobs.inProcessClient().getContainerClient('elsewhere'))
    const refused = { code: 'refused', next: expect.stringContaining('`epochs.blob`') }
    await expect(nowhere.read('app', place.call())).rejects.toMatchObject(refused)
    await expect(nowhere.create('app', record, place.call())).rejects.toMatchObject(refused)
  })

  it('a change that lands late changes nothing once another was made', async () => {
    const place = new Place()
    const register = over(place, containerOf(place))
    await register.create('app', record, place.call())
    place.blobs.faults.next('PutBlob', 'held')
    await expect(register.swap('app', record, next, place.call())).rejects.toMatchObject({ code: 'unknown' })
    const other = { ...next, leader: 'us' }
    expect(await register.swap('app', record, other, place.call())).toEqual(other)
    expect(place.blobs.faults.release()).toBe(1)
    expect(await register.read('app', place.call())).toEqual(other)
  })

  it('what something on the way sends twice is one change', async () => {
    const place = new Place()
    const register = over(place, containerOf(place))
    place.blobs.faults.every('PutBlob', 'twice')
    expect(await register.create('app', record, place.call())).toEqual(record)
    expect(await register.swap('app', record, next, place.call())).toEqual(next)
  })

  it('it holds who leads, and no value', async () => {
    const place = new Place()
    const register = over(place, containerOf(place))
    await register.create('orders/db', record, place.call())
    const name = register.nameOf('orders/db')
    expect(place.blobs.service.names(CONTAINER)).toEqual([name])
    expect(name).toMatch(/^lockstep-leader-orders-db-[0-9a-f]{8}\.json$/)
    expect(place.blobs.service.find(CONTAINER, name)!.content).toBe(recordText(record))
  })
})
