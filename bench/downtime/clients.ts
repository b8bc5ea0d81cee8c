/**
 * The process of the clients: their work must not slow down the rotations that they watch, nor the other way round. It reads the
 * store as an application does. Started by `watch.ts`; ends with it.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecretCredential } from '../../core/client/credential.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { localSource } from '../../core/client/sources/local.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { type ClientOptions, type Counts, noCounts, runClient } from '../../demo/client.ts'
import { storeCall } from '../../demo/playground.ts'
import { type LocalStore, openLocalStore } from '../../local/index.ts'
import { type Address, Churning, type Driver, driverOf, type Login } from './driver.ts'
import { CACHE, CLIENTS, type ConsumerName, type EngineName } from './row.ts'

/** From the parent: work, or stop and tell. */
export type Order =
  | {
      readonly engine: EngineName
      readonly at: Address
      readonly consumers: readonly ConsumerName[]
      readonly store: { readonly file: string; readonly key: string }
      readonly secret: string
    }
  | 'stop'
export type Counted = Counts & { readonly consumer: ConsumerName; slowestQueryMs: number }
/** `ready`: every client has had an answer. */
export type Report = 'ready' | readonly Counted[]

type Query = (login: Login) => Promise<void>
/** How one client asks, and what is closed after it. */
interface Client {
  readonly query: Query
  readonly close: () => Promise<void>
}
interface Stage {
  readonly driver: Driver
  readonly at: Address
  readonly secret: string
  readonly read: () => Promise<Login>
  readonly secrets: () => Secrets
}

const READY_MS = 50

const stopping = new AbortController()
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {}) // the parent decides, and its end is ours
process.on('message', (order: Order) => (order === 'stop' ? stopping.abort() : void work(order)))
const tell = (report: Report) => process.send!(report)

async function work({ engine, at, consumers, store: { file, key }, secret }: Exclude<Order, 'stop'>): Promise<void> {
  const store = await openLocalStore({ file, key: { file: key }, clock: systemClock })
  const source = localSource(store)
  const secrets = () => createSecrets({ source, ttl: CACHE })
  const stage: Stage = { driver: await driverOf(engine), at, secret, secrets, read: () => readFrom(store, secret) }
  const all = consumers.map(consumer => {
    const counted: Counted = { ...noCounts(), consumer, slowestQueryMs: 0 }
    return { counted, running: kinds[consumer](stage, counted) }
  })
  await Promise.race([ready(all.map(({ counted }) => counted)), ...all.map(({ running }) => running)])
  tell('ready')
  await Promise.all(all.map(({ running }) => running))
  store.close()
  tell(all.map(({ counted }) => counted))
}

async function ready(all: readonly Counted[]): Promise<void> {
  while (all.some(({ working }) => working < CLIENTS)) await sleep(READY_MS, undefined, { signal: stopping.signal })
}

/** The current value, as it stands in the store now. */
async function readFrom(store: LocalStore, secret: string): Promise<Login> {
  const current = await store.get(secret, storeCall())
  if (!current || current.value === 'disabled') throw new Error('The store has no such secret.')
  return JSON.parse(current.value.reveal()) as Login
}

const loginOf = ({ username, password }: SecretCredential): Login => ({
  username: username!,
  password: password.reveal(),
})

const kinds: Readonly<Record<ConsumerName, (stage: Stage, counted: Counted) => Promise<void>>> = {
  naive: ({ driver, at, read }, counted) =>
    all(counted, { read, refresh: CACHE }, () => {
      const churning = new Churning(driver)
      return { query: login => churning.query(() => driver.connect(at, login)), close: () => churning.close() }
    }),

  // each is a program of its own, so that what one finds out is no help to the others
  client: ({ driver, at, secret, secrets }, counted) =>
    all(counted, cachedElsewhere, () => {
      const [own, churning] = [secrets(), new Churning(driver)]
      const connect = () => own.withCredential(secret, credential => driver.connect(at, loginOf(credential)))
      const close = async () => {
        await churning.close()
        own.close()
      }
      return { query: () => churning.query(connect), close }
    }),

  async pool({ driver, at, secret, secrets }, counted) {
    const own = secrets()
    const pool = driver.pool(at, own, secret)
    await all(counted, cachedElsewhere, () => ({ query: () => pool.query(), close: async () => {} }))
    await pool.close()
    own.close()
  },
}

const cachedElsewhere = { read: async () => ({ username: '', password: '' }), refresh: Number.POSITIVE_INFINITY }

/** Twenty clients, each made by `make`, until they are told to stop. */
async function all(
  counted: Counted,
  reading: Pick<ClientOptions<Login>, 'read' | 'refresh'>,
  make: () => Client,
): Promise<void> {
  const one = async () => {
    const { query, close } = make()
    await runClient({ ...reading, query: timed(query, counted), reread: false }, counted, stopping.signal)
    await close()
  }
  await Promise.all(Array.from({ length: CLIENTS }, one))
}

const timed =
  (query: Query, counted: Counted): Query =>
  async login => {
    const began = performance.now()
    await query(login)
    counted.slowestQueryMs = Math.max(counted.slowestQueryMs, Math.round(performance.now() - began))
  }
