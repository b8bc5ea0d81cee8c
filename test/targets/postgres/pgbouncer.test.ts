import { afterAll, describe, expect, test } from 'vitest'
import { startPgBouncer } from '../../stand/pgbouncer.ts'
import { startPostgres } from '../../stand/postgres.ts'
import { requireServer } from '../../stand/stand.ts'
import {
  alternating,
  call,
  createLogin,
  createPair,
  credential,
  failure,
  freshName,
  target,
  writer,
} from './fixture.ts'

const server = requireServer(await startPostgres())
const conf = { server_login_retry: 1, server_connect_timeout: 1, query_wait_timeout: 2 }
const bouncer = server && requireServer(await startPgBouncer(server, conf))

describe.skipIf(!server || !bouncer)('through PgBouncer, transaction pooling', () => {
  if (!server || !bouncer) return
  afterAll(() => Promise.all([bouncer.stop(), server.stop()]))
  const pooled = { name: 'pooler', role: 'pooler', port: bouncer.port } as const
  const endpoints = [writer(server), writer(server, pooled)]

  test('its 08P01 "SASL authentication failed" is auth-failed', async () => {
    const current = await createLogin(server, freshName('app'))
    const error = await failure(target({ endpoints }).test(credential(current.username), call()), 'auth-failed')
    expect(error.foreign).toBe('28P01') // the writer's, by order of the endpoints
    const onlyPooler = await target({ endpoints }).accepts(credential(current.username), call())
    expect(onlyPooler).toEqual({ accepted: [], refused: ['writer', 'pooler'] })
  })

  test('both strategies rotate through it, and pooled consumers go on after the server connections are renewed', async () => {
    const pair = await createPair(server)
    const t = alternating(server, pair, { endpoints, probes: ['SELECT 1'] })
    const held = await bouncer.connect(pair.current.username, pair.current.password.reveal())
    const pending = credential(pair.users[1])
    await t.set({ current: pair.current, pending }, call())
    await t.test(pending, call())
    await bouncer.command('RECONNECT')
    expect((await held.query('SELECT session_user AS login')).rows).toEqual([{ login: pair.users[0] }])
    await held.end()
    await t.end({ previous: pair.current, current: pending }, call())

    const single = await createLogin(server, freshName('single'))
    const after = credential(single.username)
    await target({ endpoints }).set({ current: single, pending: after }, call())
    await target({ endpoints }).test(after, call())
    expect((await target({ endpoints }).accepts(single, call())).accepted).toEqual([])
  })

  test('a login that it cannot look up says nothing about a password', async () => {
    await failure(
      target({ endpoints: [writer(server, { ...pooled, role: 'writer' })] }).accepts(credential('nobody'), call()),
      'target-unreachable',
    )
  })

  test('"server login has been failing" is target-busy', async () => {
    const current = await createLogin(server, freshName('app'))
    await target({ endpoints }).test(current, call())
    await server.down()
    const behind = target({ endpoints: [writer(server, { ...pooled, role: 'writer' })] })
    // the first one to miss the server learns it by waiting, everybody after it at once
    await behind.test(current, call()).catch(() => {})
    await failure(behind.test(current, call()), 'target-busy')
    await server.up()
  })
})
