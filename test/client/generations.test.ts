/**
 * `mongodb` and `oracledb`, whose clients keep the login they were made with: a new client for each credential. On stand-ins that
 * do what the drivers do: a MongoClient that is closed cuts what is in hand, a pool of Oracle that is closed waits for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SecretCredential } from '../../core/client/credential.ts'
import { followMongo, type MongoPool } from '../../core/client/pools/mongodb.ts'
import { followOracle } from '../../core/client/pools/oracledb.ts'
import { createSecrets, type Secrets } from '../../core/client/secrets.ts'
import { until } from '../stand/stand.ts'
import { churn } from './churn.ts'
import { login, MemorySource } from './support.ts'

const accepted = new Set<string>()
const textOf = ({ username, password }: SecretCredential) => `${username} ${password.reveal()}`
let source: MemorySource
let secrets: Secrets

beforeEach(() => {
  accepted.clear()
  accepted.add('app first')
  source = new MemorySource(login('app', 'first'))
  secrets = createSecrets({ source, ttl: 200 })
})
afterEach(() => secrets.close())

describe('mongodb, on a stand-in for MongoClient', () => {
  class Client {
    readonly login: string
    state: 'new' | 'open' | 'closed' = 'new'
    working = 0
    cut = 0
    constructor(credential: SecretCredential) {
      this.login = textOf(credential)
      clients.push(this)
    }
    async connect() {
      await sleep(1)
      this.#authenticate()
      this.state = 'open'
    }
    /** Each operation on a connection of its own, as after churn. */
    async find(ms = 1): Promise<string> {
      if (this.state !== 'open') throw new Error('MongoNotConnectedError')
      this.#authenticate()
      this.working++
      await sleep(ms)
      this.working--
      if ((this.state as string) === 'closed') throw new Error('connection closed')
      return this.login
    }
    async close() {
      if (this.working > 0) this.cut += this.working
      this.state = 'closed'
    }
    #authenticate() {
      if (!accepted.has(this.login))
        throw Object.assign(new Error('Authentication failed.'), { name: 'MongoServerError', code: 18 })
    }
  }
  let clients: Client[] = []
  let mongo: MongoPool<Client>
  beforeEach(() => {
    clients = []
    mongo = followMongo(secrets, 'db', credential => new Client(credential))
  })
  afterEach(() => mongo.close())

  test('two users in turn: 0 failed operations, and old clients are closed with nothing in hand', async () => {
    const counts = await churn(
      () => mongo.use(client => client.find(5)),
      async () => {
        for (let turn = 1; turn <= 4; turn++) {
          const next = turn % 2 === 1 ? 'other' : 'app'
          accepted.add(`${next} turn-${turn}`)
          source.rotate(login(next, `turn-${turn}`))
          await sleep(1_500)
          for (const each of accepted) if (!each.endsWith(`turn-${turn}`)) accepted.delete(each)
        }
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    expect(clients).toHaveLength(5)
    expect(clients.slice(0, 4).every(({ state, cut }) => state === 'closed' && cut === 0)).toBe(true)
  })

  test('one user, published 50 ms after the change: 0 failed operations', async () => {
    const counts = await churn(
      () => mongo.use(client => client.find()),
      async () => {
        accepted.clear()
        accepted.add('app second')
        await sleep(50)
        source.rotate(login('app', 'second'))
        await sleep(400)
      },
    )
    expect(counts).toMatchObject({ failed: 0, errors: {} })
  })

  test('work in hand keeps its client until it is done; close waits for it', async () => {
    const slow = mongo.use(client => client.find(200))
    await sleep(20)
    accepted.add('app second')
    source.rotate(login('app', 'second'))
    await secrets.refresh('db')
    expect(await mongo.use(client => client.find())).toBe('app second')
    expect(clients[0]!.state).toBe('open')
    expect(await slow).toBe('app first')
    await until(() => expect(clients[0]!.state).toBe('closed'))
    await mongo.close()
    expect(clients[1]!.state).toBe('closed')
    await expect(mongo.use(client => client.find())).rejects.toMatchObject({ code: 'aborted' })
  })

  test('what is not about the password is thrown once and ends nothing', async () => {
    let runs = 0
    const failing = mongo.use(async () => {
      runs++
      throw Object.assign(new Error('down'), { name: 'MongoNetworkError' })
    })
    await expect(failing).rejects.toThrow('down')
    expect(runs).toBe(1)
    expect(await mongo.use(client => client.find())).toBe('app first')
    expect(clients).toHaveLength(1)
  })

  test('a client that could not log in is closed, and the pool comes back when the login works', async () => {
    accepted.clear()
    mongo = followMongo(secrets, 'db', credential => new Client(credential), { patience: 150 })
    await expect(mongo.use(client => client.find())).rejects.toMatchObject({ code: 18 })
    expect(clients.every(({ state }) => state === 'closed')).toBe(true)
    accepted.add('app first')
    await until(async () => expect(await mongo.use(client => client.find())).toBe('app first'), 3_000)
  })
})

describe('oracledb, on a stand-in for its pool', () => {
  class Pool {
    readonly login: string
    out = 0
    state: 'open' | 'draining' | 'closed' = 'open'
    drained: (() => void) | undefined
    constructor(credential: SecretCredential) {
      this.login = textOf(credential)
      pools.push(this)
    }
    async getConnection() {
      if (this.state !== 'open') throw Object.assign(new Error('NJS-064'), { code: 'NJS-064' })
      await sleep(1)
      if (!accepted.has(this.login))
        throw Object.assign(new Error('ORA-01017: invalid credential'), { errorNum: 1017, code: 'ORA-01017' })
      this.out++
      return {
        login: this.login,
        close: async () => {
          if (--this.out === 0) this.drained?.()
        },
      }
    }
    async close(_drainSeconds: number) {
      this.state = 'draining'
      if (this.out > 0)
        await new Promise<void>(resolve => {
          this.drained = resolve
        })
      this.state = 'closed'
    }
  }
  let pools: Pool[] = []
  beforeEach(() => {
    pools = []
  })

  test('a new pool for the new credential; the old one is closed when its connections have come back', async () => {
    const oracle = followOracle(secrets, 'db', async credential => new Pool(credential))
    const out = await oracle.getConnection()
    expect(out.login).toBe('app first')
    accepted.add('app second')
    source.rotate(login('app', 'second'))
    await secrets.refresh('db')
    const next = await oracle.getConnection()
    expect(next.login).toBe('app second')
    await until(() => expect(pools[0]!.state).toBe('draining'))
    await out.close()
    await until(() => expect(pools[0]!.state).toBe('closed'))
    const closing = oracle.close()
    await next.close()
    await closing
    expect(pools.map(({ state }) => state)).toEqual(['closed', 'closed'])
  })

  test('under load: 0 refused connections, with and without overlap', async () => {
    const oracle = followOracle(secrets, 'db', async credential => new Pool(credential))
    const counts = await churn(
      async () => (await oracle.getConnection()).close(),
      async () => {
        accepted.add('app rollover')
        source.rotate(login('app', 'rollover'))
        await sleep(500)
        accepted.clear()
        accepted.add('app gap')
        await sleep(50)
        source.rotate(login('app', 'gap'))
        await sleep(500)
      },
    )
    await oracle.close()
    expect(counts).toMatchObject({ failed: 0, errors: {} })
    // One for each version, and in the gap one more that tries the previous.
    expect(pools.length).toBeLessThanOrEqual(4)
  })
})
