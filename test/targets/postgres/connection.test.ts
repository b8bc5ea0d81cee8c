import { getEventListeners } from 'node:events'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { startProxy } from '../../stand/proxy.ts'
import { freePort, requireServer, until } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, freshName, rows, target, writer } from './fixture.ts'

const server = requireServer(await startPostgres({ conf: { max_connections: 12, superuser_reserved_connections: 3 } }))

describe.skipIf(!server)('connections that fail', async () => {
  if (!server) return
  const proxy = await startProxy(server)
  const made: { end(): Promise<void> }[] = []
  afterEach(async () => {
    for (const client of made.splice(0)) await client.end().catch(() => {})
  })
  afterAll(async () => {
    await proxy.stop()
    await server.stop()
  })
  const connect = async (...who: Parameters<typeof server.connect>) => {
    const client = await server.connect(...who)
    made.push(client)
    return client
  }
  const proxied = target({ endpoints: [writer(proxy)] })
  const direct = target({ endpoints: [writer(server)] })
  const change = async () => {
    const current = await createLogin(server, freshName('app'))
    return { current, pending: credential(current.username) }
  }
  const valid = async ({ current, pending }: Awaited<ReturnType<typeof change>>) => {
    const accepts = async (who: typeof current) => (await direct.accepts(who, call())).accepted.length === 1
    return [(await accepts(current)) && 'current', (await accepts(pending)) && 'pending'].filter(Boolean)
  }

  test('the answer is lost after the change was applied: unknown-outcome', async () => {
    const moved = await change()
    void proxy.loseAnswerTo('ALTER ROLE', 'delivered')
    await failure(proxied.set(moved, call()), 'unknown-outcome')
    expect(await valid(moved)).toEqual(['pending'])
  })

  test('the change never arrived: unknown-outcome as well, for nobody can tell', async () => {
    const moved = await change()
    void proxy.loseAnswerTo('ALTER ROLE', 'swallowed')
    await failure(proxied.set(moved, call()), 'unknown-outcome')
    expect(await valid(moved)).toEqual(['current'])
  })

  test('no answer comes: unknown-outcome at the deadline, and at an abort', async () => {
    void proxy.loseAnswerTo('ALTER ROLE', 'silent')
    await failure(proxied.set(await change(), call(1500)), 'unknown-outcome')
    const abort = new AbortController()
    void proxy.loseAnswerTo('ALTER ROLE', 'silent').then(() => abort.abort())
    await failure(proxied.set(await change(), call(20_000, abort.signal)), 'unknown-outcome')
  })

  test('lost before the change was sent: target-unreachable, nothing was changed', async () => {
    const moved = await change()
    void proxy.loseAnswerTo('BEGIN', 'delivered')
    await failure(proxied.set(moved, call()), 'target-unreachable')
    expect(await valid(moved)).toEqual(['current'])
  })

  test('silence is target-unreachable at login and during a statement, when its time is over', async () => {
    const { current, pending } = await change()
    for (const text of ['SCRAM-SHA-256', 'BEGIN']) {
      void proxy.loseAnswerTo(text, 'silent')
      await failure(proxied.set({ current, pending }, call(400)), 'target-unreachable')
    }
    void proxy.loseAnswerTo('SCRAM-SHA-256', 'silent')
    const impatient = target({ endpoints: [writer(proxy)], connectTimeout: 200 })
    await failure(impatient.accepts(current, call()), 'target-unreachable')
  })

  test('abort ends a login that is waiting', async () => {
    const { current } = await change()
    const abort = new AbortController()
    void proxy.loseAnswerTo('SCRAM-SHA-256', 'silent').then(() => abort.abort())
    await failure(proxied.accepts(current, call(20_000, abort.signal)), 'aborted')
  })

  test('nothing is left of a call, good or failed: no timer, no listener', async () => {
    const { current } = await change()
    const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
    const before = timers()
    const calling = call(60_000)
    await direct.test(current, calling)
    await direct.accepts(credential(current.username), calling)
    expect(getEventListeners(calling.signal, 'abort')).toEqual([])
    expect(timers()).toBeLessThanOrEqual(before)
  })

  test('the session is terminated while it waits for the lock: nothing was changed, the code is retryable', async () => {
    const moved = await change()
    const holder = await connect()
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('lockstep:${moved.current.username}', 0))`)
    const setting = failure(direct.set(moved, call()), 'target-busy')
    const waiting = `SELECT pid FROM pg_stat_activity WHERE usename = '${moved.current.username}' AND wait_event = 'advisory'`
    await until(async () => expect((await holder.query(waiting)).rowCount).toBe(1))
    await holder.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS w`)
    await setting
    expect(await valid(moved)).toEqual(['current'])
  })

  test('the lock is not waited for beyond the time: target-busy', async () => {
    const moved = await change()
    const holder = await connect()
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('lockstep:${moved.current.username}', 0))`)
    await failure(direct.set(moved, call(1500)), 'target-busy')
    expect(await valid(moved)).toEqual(['current'])
  })

  test('somebody changes the login without our lock: target-busy, then it works', async () => {
    const moved = await change()
    const person = await connect()
    await person.query(`BEGIN; ALTER ROLE ${moved.current.username} CONNECTION LIMIT 9`)
    const setting = failure(direct.set(moved, call()), 'target-busy')
    await until(async () => expect(await rows(server, `SELECT 1 FROM pg_locks WHERE NOT granted`)).toHaveLength(1))
    await person.query('COMMIT')
    await setting
    await direct.set(moved, call())
  })

  test('a change that is held up on the way past its deadline is undone by the server', async () => {
    const moved = await change()
    // a quarter of what remains is how long the server waits for us inside the transaction
    await failure(heldUp(moved), 'unknown-outcome')
    await until(async () =>
      expect(await rows(server, `SELECT 1 FROM pg_stat_activity WHERE usename = '${moved.current.username}'`)).toEqual(
        [],
      ),
    )
    expect(await valid(moved)).toEqual(['current'])
  })

  /** The client's ALTER stays in the proxy for ever, while the connection to the server stays open. */
  const heldUp = (moved: Awaited<ReturnType<typeof change>>) => {
    void proxy.loseAnswerTo('ALTER ROLE', 'held')
    return proxied.set(moved, call(2000))
  }

  test('a policy that refuses the value: value-rejected, and current still works', async () => {
    const strict = requireServer(await startPostgres({ conf: { shared_preload_libraries: 'passwordcheck' } }))!
    const current = await createLogin(strict, freshName('app'))
    const t = target({ endpoints: [writer(strict)], hash: 'plaintext', admin: admin(strict) })
    const error = await failure(
      t.set({ current, pending: { ...current, password: SecretValue.of('short') } }, call()),
      'value-rejected',
    )
    expect(error.foreign).toBe('22023')
    await t.test(current, call())
    await strict.stop()
  })

  test('no free connection is target-busy', async () => {
    const { current } = await change()
    for (let i = 0; i < 9; i++) await connect(current.username, current.password.reveal())
    await failure(direct.accepts(current, call()), 'target-busy')
  })

  test('nobody listens, or the name does not exist: target-unreachable; no such database: config-invalid', async () => {
    const { current } = await change()
    const at = (more: object) => target({ endpoints: [writer(server, more)] }).accepts(current, call())
    await failure(at({ port: await freePort() }), 'target-unreachable')
    await failure(at({ host: 'nowhere.invalid' }), 'target-unreachable')
    await failure(at({ database: 'nosuch' }), 'config-invalid')
  })

  test('a database that the login may not connect to is permission-missing', async () => {
    const { current } = await change()
    const database = freshName('closed')
    await server.sql(`CREATE DATABASE ${database}`)
    await server.sql(`REVOKE CONNECT ON DATABASE ${database} FROM public`)
    await failure(target({ endpoints: [writer(server, { database })] }).accepts(current, call()), 'permission-missing')
  })
})
