/** What `get` promises: the age of what it answers, and what it costs the store. */

import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClientError } from '../../core/client/client-error.ts'
import { createSecrets } from '../../core/client/secrets.ts'
import { login, ManualClock, MemorySource, settle, stage } from './support.ts'

const code = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => 'fine',
    (error: unknown) => (error instanceof ClientError ? error.code : error),
  )

describe('get', () => {
  test('reads once, then answers the same promise until the value is due', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000 })
    const first = secrets.get('db')
    expect((await first).password.reveal()).toBe('one')
    expect(secrets.get('db')).toBe(secrets.get('db'))
    await clock.advance(800)
    await secrets.get('db')
    expect(source.reads).toBe(1)
  })

  test('everybody who comes during the first read shares it', async () => {
    const { secrets, source } = stage()
    source.hold()
    const all = Array.from({ length: 50 }, () => secrets.get('db'))
    await settle()
    source.release()
    expect(new Set(await Promise.all(all)).size).toBe(1)
    expect(source.reads).toBe(1)
  })

  test('after ttl the old value is answered at once, and one read goes on behind it', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000 })
    await secrets.get('db')
    source.rotate(login('app', 'two'))
    await clock.advance(1001)
    source.hold()
    for (let i = 0; i < 20; i++) expect((await secrets.get('db')).password.reveal()).toBe('one')
    expect(source.reads).toBe(2)
    source.release()
    await settle()
    expect((await secrets.get('db')).password.reveal()).toBe('two')
    expect(source.reads).toBe(2)
  })

  test('after maxAge it waits for the new one', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000, maxAge: 5000 })
    await secrets.get('db')
    source.rotate(login('app', 'two'))
    await clock.advance(5000)
    expect((await secrets.get('db')).password.reveal()).toBe('two')
  })

  test('ttl is jittered downwards, never upwards: processes that start together do not read together', async () => {
    const due = async (chance: number) => {
      const { secrets, source, clock } = stage({ ttl: 1000, random: () => chance })
      await secrets.get('db')
      for (let ms = 0; ms < 1000; ms += 10) {
        await clock.advance(10)
        await secrets.get('db')
        if (source.reads > 1) return ms + 10
      }
      return undefined
    }
    expect(await due(0)).toBe(800)
    expect(await due(0.999)).toBe(1000)
  })

  test('a clock that is put back does not make a value live for ever', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000, maxAge: 5000 })
    await secrets.get('db')
    source.rotate(login('app', 'two'))
    clock.jump(-3_600_000)
    expect((await secrets.get('db')).password.reveal()).toBe('two')
  })

  test('values are not printed, by anything', async () => {
    const { secrets } = stage({}, new MemorySource('postgres://app:Canary-1@db.example:5432/orders'))
    const credential = await secrets.get('db')
    const seen = [
      JSON.stringify(credential),
      inspect(credential, { showHidden: true, depth: 9 }),
      `${credential.password}`,
    ]
    seen.push(inspect(secrets, { showHidden: true, depth: 9 }), JSON.stringify(secrets), String(credential.value))
    expect(seen.join()).not.toContain('Canary')
    expect(credential).toMatchObject({
      username: 'app',
      host: 'db.example',
      port: 5432,
      database: 'orders',
      version: 'v1',
    })
  })
})

describe('a store that fails', () => {
  test('is asked again after a rest only, and each failure is told', async () => {
    const told: string[] = []
    const { secrets, source, clock } = stage({ onError: error => told.push(error.code) })
    source.failure = Object.assign(new Error('Canary'), { code: 'ECONNREFUSED' })
    for (let i = 0; i < 20; i++) expect(await code(secrets.get('db'))).toBe('store-unavailable')
    expect(source.reads).toBe(1)
    await clock.advance(250)
    await code(secrets.get('db'))
    expect(source.reads).toBe(2)
    expect(told).toEqual(['store-unavailable', 'store-unavailable'])
  })

  test('does not matter while a value is younger than maxAge; afterwards it is an error without the foreign text', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000, maxAge: 10_000 })
    await secrets.get('db')
    source.failure = Object.assign(new Error('Canary'), { code: 'ECONNREFUSED' })
    for (let s = 0; s < 9; s++) {
      await clock.advance(1000)
      expect((await secrets.get('db')).password.reveal()).toBe('one')
    }
    await clock.advance(1000)
    const error = await secrets.get('db').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'store-unavailable', secret: 'db', foreign: 'ECONNREFUSED' })
    expect(inspect(error)).not.toContain('Canary')
    source.failure = undefined
    await clock.advance(30_000)
    expect((await secrets.get('db')).password.reveal()).toBe('one')
  })

  test('a source that never answers is given up in time', async () => {
    const { secrets, source, clock } = stage({ timeout: 2000 })
    source.hold()
    const waiting = code(secrets.get('db'))
    await clock.advance(2000)
    expect(await waiting).toBe('store-unavailable')
  })

  test('absent, denied and unusable are three things', async () => {
    expect(await code(stage({}, new MemorySource()).secrets.get('db'))).toBe('secret-not-found')
    expect(await code(stage({}, new MemorySource('{"user":')).secrets.get('db'))).toBe('value-unsuitable')
    const { secrets, source } = stage()
    source.failure = new ClientError('access-denied', 'No.')
    expect(await code(secrets.get('db'))).toBe('access-denied')
  })

  test('a half-written value does not replace a good one', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000 })
    await secrets.get('db')
    source.rotate('{"username":"app","pass')
    await clock.advance(1500)
    await secrets.get('db')
    await settle()
    expect((await secrets.get('db')).password.reveal()).toBe('one')
  })
})

describe('refresh', () => {
  test('reads now, and calls during a read share the next one, which began after them', async () => {
    const { secrets, source } = stage()
    source.hold()
    const first = secrets.get('db')
    await settle()
    source.rotate(login('app', 'two'))
    const refreshed = [secrets.refresh('db'), secrets.refresh('db'), secrets.refresh('db')]
    source.release()
    expect((await first).password.reveal()).toBe('one')
    for (const each of refreshed) expect((await each).password.reveal()).toBe('two')
    expect(source.reads).toBe(2)
    expect(source.freshReads).toBe(1)
  })
})

describe('onRotate', () => {
  test('hears of a rotation within ttl though nobody reads, until it is ended', async () => {
    const { secrets, source, clock } = stage({ ttl: 1000 })
    const heard: string[] = []
    const stop = secrets.onRotate('db', (now, before) => heard.push(`${before.version} ${now.version}`))
    await clock.advance(3000)
    expect(heard).toEqual([])
    source.rotate(login('app', 'two'))
    await clock.advance(1000)
    expect(heard).toEqual(['v1 v2'])
    stop()
    const { reads } = source
    source.rotate(login('app', 'three'))
    await clock.advance(10_000)
    expect(heard).toHaveLength(1)
    expect(source.reads).toBe(reads)
    expect(clock.sleeping).toBe(0)
  })

  test('a listener that throws disturbs neither readers nor other listeners', async () => {
    const { secrets, source } = stage()
    const heard: string[] = []
    secrets.onRotate('db', () => {
      throw new Error('listener')
    })
    secrets.onRotate('db', ({ version }) => heard.push(version))
    await secrets.get('db')
    source.rotate(login('app', 'two'))
    expect((await secrets.refresh('db')).version).toBe('v2')
    expect(heard).toEqual(['v2'])
    secrets.close()
  })
})

describe('close', () => {
  test('whoever waits gets aborted, and nothing goes on', async () => {
    const { secrets, source, clock } = stage()
    source.hold()
    const waiting = code(secrets.get('db'))
    secrets.onRotate('db', () => {})
    await settle()
    secrets.close()
    secrets.close()
    expect(await waiting).toBe('aborted')
    expect(await code(secrets.get('db'))).toBe('aborted')
    await settle()
    expect(clock.sleeping).toBe(0)
  })
})

test('options that make no sense are refused', () => {
  const source = new MemorySource()
  expect(() => createSecrets({ source, ttl: 0 })).toThrow('ttl must be a positive number')
  expect(() => createSecrets({ source, ttl: 10, maxAge: 5 })).toThrow('maxAge must not be shorter')
  expect(() => createSecrets({ source, maxEntries: Number.NaN })).toThrow('maxEntries')
})

test('memory is bounded: the secrets used longest ago go, those that are listened to stay', async () => {
  const { secrets, source, clock } = stage({ maxEntries: 3, ttl: 1_000_000, maxAge: 1_000_000 })
  secrets.onRotate('kept', () => {})
  for (const name of ['kept', 'a', 'b']) {
    await secrets.get(name)
    clock.jump(1)
  }
  await secrets.get('c')
  const { reads } = source
  for (const name of ['kept', 'b', 'c']) await secrets.get(name)
  expect(source.reads).toBe(reads)
  await secrets.get('a')
  expect(source.reads).toBe(reads + 1)
  secrets.close()
})

type Step = { readonly wait: number } | 'rotate' | 'fail' | 'heal' | 'get' | 'refresh'
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ wait: fc.integer({ min: 1, max: 4000 }) }),
    fc.constantFrom<Step>('rotate', 'fail', 'heal', 'get', 'refresh'),
  ),
  { maxLength: 40 },
)

test('property: never older than maxAge, one read at a time, and what was answered was once current', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 2000 }), async (sequence, ttl) => {
      const maxAge = ttl * 3
      const clock = new ManualClock()
      const source = new MemorySource(login('app', '1'))
      const secrets = createSecrets({ source, clock, ttl, maxAge, random: () => 0.3 })
      /** When each version stopped being current. */
      const ended = new Map<string, number>()
      const check = async (asked: Promise<{ version: string }>) => {
        const began = clock.now()
        const credential = await asked.catch(() => undefined)
        if (credential === undefined) return expect(source.failure).toBeDefined()
        expect(began - (ended.get(credential.version) ?? began)).toBeLessThan(maxAge)
      }
      for (const step of sequence)
        if (typeof step === 'object') await clock.advance(step.wait)
        else if (step === 'fail') source.failure = new Error('down')
        else if (step === 'heal') {
          source.failure = undefined
          await clock.advance(31_000)
        } else if (step === 'rotate') {
          ended.set(`v${source.versions.length}`, clock.now())
          source.rotate(login('app', String(source.versions.length + 1)))
        } else await check(step === 'get' ? secrets.get('db') : secrets.refresh('db'))
      expect(source.most).toBeLessThanOrEqual(1)
      secrets.close()
    }),
    { numRuns: 200 },
  )
})
