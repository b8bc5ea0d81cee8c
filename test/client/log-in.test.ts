/** Logins across a rotation: what is tried, in which order, how often, and for how long. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SecretCredential } from '../../core/client/credential.ts'
import type { WithCredentialOptions } from '../../core/client/secrets.ts'
import { login, MemorySource, type Stage, settle, stage } from './support.ts'

/** Accepts what is in `accepts`, and counts. */
class Server {
  readonly accepts: Set<string>
  refusals = 0
  logins = 0
  readonly tried: string[] = []
  /** A login takes a moment on this clock; none: it takes no time. */
  clock: Stage['clock'] | undefined
  constructor(...accepts: string[]) {
    this.accepts = new Set(accepts)
  }
  readonly logIn = async ({ username, password }: SecretCredential): Promise<string> => {
    const text = `${username} ${password.reveal()}`
    this.tried.push(text)
    await (this.clock?.sleep(5, new AbortController().signal) ?? settle())
    if (!this.accepts.has(text)) {
      this.refusals++
      throw Object.assign(new Error('password authentication failed'), { code: '28P01' })
    }
    this.logins++
    return text
  }
}

/** Lets time pass until it is settled; answers how it ended. */
async function passing<T>({ clock }: Stage, action: Promise<T>, limit = 60_000): Promise<T | { code: unknown }> {
  let ended: { value: T | { code: unknown } } | undefined
  const end = (value: T | { code: unknown }) => {
    ended = { value }
  }
  action.then(end, error => end({ code: error.code ?? error.message }))
  for (let ms = 0; ms < limit && ended === undefined; ms += 10) await clock.advance(10)
  if (ended === undefined) throw new Error('it never ended')
  return ended.value
}

const withServer = (on: Stage, server: Server, options?: WithCredentialOptions) =>
  on.secrets.withCredential('db', server.logIn, options)

describe('a refused login', () => {
  test('reads the store at once and goes on with what is there', async () => {
    const on = stage()
    const server = new Server('app two')
    await on.secrets.get('db')
    on.source.rotate(login('app', 'two'))
    expect(await withServer(on, server)).toBe('app two')
    expect(server.tried).toEqual(['app one', 'app two'])
    expect(on.source.freshReads).toBe(1)
  })

  test('waits for a promotion that comes a little later than the change at the server, without asking the server meanwhile', async () => {
    const on = stage()
    const server = new Server('app two')
    await on.secrets.get('db')
    const waiting = withServer(on, server)
    await on.clock.advance(80)
    on.source.rotate(login('app', 'two'))
    expect(await passing(on, waiting)).toBe('app two')
    expect(server.refusals).toBeLessThanOrEqual(2)
  })

  test('falls back to previous, which this process has seen', async () => {
    const on = stage()
    const server = new Server('app_a one')
    on.source.versions[0] = login('app_a', 'one')
    await on.secrets.get('db')
    on.source.rotate(login('app_b', 'two'))
    await on.secrets.refresh('db')
    expect(await withServer(on, server)).toBe('app_a one')
    expect(server.tried).toEqual(['app_b two', 'app_a one'])
  })

  test('falls back to previous, which the source tells', async () => {
    const source = new MemorySource(login('app_a', 'one'), login('app_b', 'two'))
    source.tellsPrevious = true
    const on = stage({}, source)
    expect(await withServer(on, new Server('app_a one'))).toBe('app_a one')
    expect(source.previousReads).toBe(1)
  })

  test('does not try previous after its grace', async () => {
    const on = stage({ grace: 10_000, ttl: 100_000, maxAge: 100_000 })
    const server = new Server('app one')
    await on.secrets.get('db')
    on.source.rotate(login('app', 'two'))
    await on.secrets.refresh('db')
    await on.clock.advance(10_000)
    expect(await passing(on, withServer(on, server))).toEqual({ code: '28P01' })
    expect(server.tried).not.toContain('app one')
  })

  test('comes back to current as soon as the server takes it', async () => {
    const on = stage()
    const server = new Server('app one')
    await on.secrets.get('db')
    on.source.rotate(login('app', 'two'))
    await on.secrets.refresh('db')
    await withServer(on, server)
    server.accepts.add('app two')
    await on.clock.advance(200)
    expect(await withServer(on, server)).toBe('app two')
    expect(await withServer(on, server)).toBe('app two')
  })

  test('ends with the error of the driver when patience is over', async () => {
    const on = stage()
    const began = on.clock.now()
    const server = new Server()
    expect(await passing(on, withServer(on, server, { patience: 2000 }))).toEqual({ code: '28P01' })
    expect(on.clock.now() - began).toBeLessThanOrEqual(2010)
    expect(server.refusals).toBeLessThan(6)
  })

  test('an abort ends the waiting', async () => {
    const on = stage()
    const aborting = new AbortController()
    const waiting = passing(on, withServer(on, new Server(), { signal: aborting.signal }))
    aborting.abort(Object.assign(new Error('enough'), { code: 'mine' }))
    expect(await waiting).toEqual({ code: 'mine' })
  })
})

describe('what is no refusal', () => {
  test.each([
    ['the network', { code: 'ECONNREFUSED' }],
    ['TLS', { code: 'CERT_HAS_EXPIRED' }],
    ['a locked account', { errno: 4151, code: 'ER_ACCOUNT_HAS_BEEN_LOCKED' }],
    ['too many connections', { code: '53300' }],
  ])('%s: thrown at once, nothing is read, no other login is tried', async (_, error) => {
    const on = stage()
    const tried: string[] = []
    const failing = on.secrets.withCredential('db', async ({ version }) => {
      tried.push(version)
      throw Object.assign(new Error('no'), error)
    })
    await expect(failing).rejects.toMatchObject(error)
    expect(tried).toEqual(['v1'])
    expect(on.source.reads).toBe(1)
  })

  test('an own classifier decides instead, if there is one', async () => {
    const on = stage()
    let tries = 0
    const done = on.secrets.withCredential(
      'db',
      async () => {
        if (++tries === 1) throw new Error('401')
        return 'done'
      },
      { isAuthFailure: error => (error as Error).message === '401' },
    )
    expect(await passing(on, done)).toBe('done')
  })
})

describe('never hammers', () => {
  /** `callers` in a loop against a server that takes nothing; how often it was asked in `ms`. */
  async function refusalsIn(ms: number, callers: number): Promise<{ server: Server; on: Stage }> {
    const on = stage({ ttl: 3_600_000 })
    const server = new Server()
    server.clock = on.clock
    let over = false
    const loop = async () => {
      while (!over) {
        await withServer(on, server, { patience: 1000 }).catch(() => {})
        await on.clock.sleep(50, new AbortController().signal)
      }
    }
    const all = Array.from({ length: callers }, loop)
    await on.clock.advance(ms)
    over = true
    on.secrets.close()
    await on.clock.advance(100)
    await Promise.all(all)
    return { server, on }
  }

  test('a wrong password costs a burst of those under way, then ever fewer logins, whoever asks', async () => {
    const { server } = await refusalsIn(60_000, 20)
    expect(server.refusals).toBeGreaterThanOrEqual(20)
    expect(server.refusals).toBeLessThanOrEqual(20 + 8)
    expect((await refusalsIn(600_000, 3)).server.refusals).toBeLessThanOrEqual(3 + 11)
  })

  test('nor the store', async () => {
    const { on } = await refusalsIn(600_000, 3)
    expect(on.source.reads).toBeLessThan(150)
  })

  test('a new version ends the rest at once', async () => {
    const on = stage({ ttl: 3_600_000 })
    const server = new Server('app two')
    for (let i = 0; i < 5; i++) await passing(on, withServer(on, server))
    const { refusals } = server
    on.source.rotate(login('app', 'two'))
    await on.secrets.refresh('db')
    expect(await withServer(on, server)).toBe('app two')
    expect(server.refusals).toBe(refusals)
  })

  test('after a rest one caller tries, the others wait for what he finds', async () => {
    const on = stage()
    const server = new Server('app two')
    server.clock = on.clock
    await on.secrets.get('db')
    const all = Array.from({ length: 10 }, () => withServer(on, server))
    await on.clock.advance(60)
    expect(server.tried).toHaveLength(10)
    await on.clock.advance(100)
    expect(server.tried).toHaveLength(11)
    server.accepts.add('app one')
    for (const each of all) expect(await passing(on, each)).toBe('app one')
    expect(server.refusals).toBe(11)
  })
})

test('property: whatever is rotated when, the server is got into with what it takes at that time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (lags, alternating) => {
        const on = stage({ ttl: 500, maxAge: 3_600_000 })
        const user = (n: number) => (alternating && n % 2 === 1 ? 'app_b' : 'app')
        const server = new Server('app one')
        await on.secrets.get('db')
        let last = 'app one'
        for (const [index, lag] of lags.entries()) {
          const n = index + 1
          const next = `${user(n)} pw${n}`
          // Both valid, or a gap of `lag` between server and store.
          if (!alternating) server.accepts.delete(last)
          server.accepts.add(next)
          const waiting = withServer(on, server)
          await on.clock.advance(lag)
          on.source.rotate(login(user(n), `pw${n}`))
          const got = await passing(on, waiting)
          expect([last, next]).toContain(got)
          await on.clock.advance(5000)
          expect(await passing(on, withServer(on, server))).toSatisfy((who: unknown) => server.accepts.has(String(who)))
          last = next
        }
        on.secrets.close()
      },
    ),
    { numRuns: 60 },
  )
})
