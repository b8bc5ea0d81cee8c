import { afterAll, describe, expect, test } from 'vitest'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { createMysqlTarget } from '../../../core/targets/mysql/index.ts'
import { startMysql } from '../../stand/mysql.ts'
import { startProxy } from '../../stand/proxy.ts'
import { requireServer } from '../../stand/stand.ts'
import { admin, call, createLogin, credential, failure, freshName, letsIn, target, writer } from './fixture.ts'

const server = requireServer(await startMysql())

describe.skipIf(server === undefined)('two passwords of one login', () => {
  if (server === undefined) return
  afterAll(() => server.stop())
  const bys = [
    ['itself', {}],
    ['the admin', { admin: admin(server) }],
  ] as const
  const two = async (of: string) => {
    const [row] = await server.sql(`SELECT User_attributes->'$.additional_password' IS NOT NULL AS two FROM mysql.user
      WHERE User = '${of}'`)
    return row?.two === 1
  }

  describe.each(bys)('changed by %s', (_, by) => {
    const t = target(server, by)

    test('a rotation: both are valid, then the new one alone, and the server keeps no second one', async () => {
      const current = await createLogin(server, freshName('app'))
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([true, true])
      await t.end({ previous: current, current: pending }, call())
      expect([await letsIn(server, current), await letsIn(server, pending)]).toEqual([false, true])
      expect(await two(current.username)).toBe(false)
    })

    test('the trap: a value that another run has added meanwhile is not evicted, nor is current', async () => {
      const current = await createLogin(server, freshName('app'))
      const others = credential(current.username)
      await t.set({ current, pending: others }, call())
      await failure(t.set({ current, pending: credential(current.username) }, call()), 'not-ours')
      expect([await letsIn(server, current), await letsIn(server, others)]).toEqual([true, true])
    })

    test('two runs at once with two values: one is added, the other is told', async () => {
      const current = await createLogin(server, freshName('app'))
      const values = [credential(current.username), credential(current.username)]
      const runs = await Promise.allSettled(values.map(pending => t.set({ current, pending }, call())))
      expect(runs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(runs.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'not-ours' } })
      expect(await letsIn(server, current)).toBe(true)
      const won = runs.findIndex(({ status }) => status === 'fulfilled')
      expect(await Promise.all(values.map(value => letsIn(server, value)))).toEqual([won === 0, won === 1])
    })

    test.each([
      ['a rollback', false],
      ['a run that ended between making it the first and discarding the other', true],
    ])('end keeps current, also where it is the older of the two: %s', async (_, halfWay) => {
      const current = await createLogin(server, freshName('app'))
      const given = credential(current.username)
      await t.set({ current, pending: given }, call())
      if (halfWay) await server.sql(`ALTER USER '${current.username}' IDENTIFIED BY '${current.password.reveal()}'`)
      await t.end({ previous: given, current }, call())
      expect([await letsIn(server, current), await letsIn(server, given)]).toEqual([true, false])
      expect(await two(current.username)).toBe(false)
    })

    test('end beside a first password that is neither: not-ours, and both stay', async () => {
      const current = await createLogin(server, freshName('app'))
      const others = credential(current.username)
      await t.set({ current, pending: others }, call())
      await failure(t.end({ previous: credential(current.username), current }, call()), 'not-ours')
      expect([await letsIn(server, current), await letsIn(server, others)]).toEqual([true, true])
    })

    test('the same value again changes nothing', async () => {
      const current = await createLogin(server, freshName('app'))
      const stored = `SELECT authentication_string AS first_hash FROM mysql.user WHERE User = '${current.username}'`
      const before = await server.sql(stored)
      await t.set({ current, pending: current }, call())
      expect(await server.sql(stored)).toEqual(before)
    })

    test('another configuration’s mark stops it until it is adopted', async () => {
      const mark = `ATTRIBUTE '{"team": "shop", "lockstep": "lockstep:other/secret"}'`
      const current = await createLogin(server, freshName('app'), { attributes: mark })
      const change = { current, pending: credential(current.username) }
      await failure(t.set(change, call()), 'not-ours')
      expect(await letsIn(server, change.pending)).toBe(false)
      await target(server, { ...by, adopt: true }).set(change, call())
      expect(await letsIn(server, change.pending)).toBe(true)
    })

    test('an empty password and one that is too long are never sent', async () => {
      const current = await createLogin(server, freshName('app'))
      for (const value of ['', 'x'.repeat(257), 'a\0b']) {
        const pending = credential(current.username, SecretValue.of(value))
        await failure(t.set({ current, pending }, call()), 'value-rejected')
      }
      expect(await letsIn(server, current)).toBe(true)
    })
  })

  test('the admin leaves our mark beside what people wrote', async () => {
    const current = await createLogin(server, freshName('app'), { attributes: `ATTRIBUTE '{"team": "shop"}'` })
    const pending = credential(current.username)
    await target(server, { admin: admin(server) }).set({ current, pending }, call())
    const [row] = await server.sql(`SELECT ATTRIBUTE AS kept FROM information_schema.USER_ATTRIBUTES
      WHERE USER = '${current.username}'`)
    expect(JSON.parse(row?.kept as string)).toEqual({ team: 'shop', lockstep: 'lockstep:test/secret' })
  })

  test('force makes any value the only one', async () => {
    const current = await createLogin(server, freshName('app'))
    const t = target(server, { admin: admin(server) })
    const pending = credential(current.username)
    await t.set({ current, pending }, call())
    const forced = credential(current.username)
    await t.force!(forced, call())
    expect(await Promise.all([current, pending, forced].map(value => letsIn(server, value)))).toEqual([
      false,
      false,
      true,
    ])
    expect(target(server).force).toBeUndefined()
  })

  describe('several accounts of one login', () => {
    const spread = async (hosts: readonly string[]) => {
      const current = await createLogin(server, freshName('app'), { host: hosts[0]! })
      for (const host of hosts.slice(1))
        await createLogin(server, current.username, { host, password: current.password })
      return current
    }
    const statements = (login: string) =>
      server
        .written()
        .get('general.log')!
        .toString()
        .split('\n')
        .filter(line => line.includes('ALTER USER') && line.includes(`'${login}'`))

    test('all are changed, in one statement each time', async () => {
      const t = target(server, { admin: admin(server) })
      const current = await spread(['%', '127.0.0.1', 'localhost', '10.%'])
      const pending = credential(current.username)
      await t.set({ current, pending }, call())
      expect(statements(current.username)).toHaveLength(1)
      await t.end({ previous: current, current: pending }, call())
      expect(statements(current.username)).toHaveLength(2)
      const left = await server.sql(`SELECT User_attributes->'$.additional_password' AS second FROM mysql.user
        WHERE User = '${current.username}'`)
      expect(left).toEqual(Array(4).fill({ second: null }))
      // the more specific accounts are the ones that let us in, and the general one has the new password too
      for (const host of ['127.0.0.1', 'localhost']) {
        expect(await letsIn(server, pending)).toBe(true)
        await server.sql(`DROP USER '${current.username}'@'${host}'`)
      }
      expect([await letsIn(server, pending), await letsIn(server, current)]).toEqual([true, false])
    })

    test('one with a password of its own is somebody else’s; `hosts` leaves it out', async () => {
      const current = await spread(['%'])
      await createLogin(server, current.username, { host: '10.%' })
      const change = { current, pending: credential(current.username) }
      const error = await failure(target(server, { admin: admin(server) }).set(change, call()), 'not-ours')
      expect(error.message).toContain("'10.%'")
      await target(server, { admin: admin(server), hosts: ['%'] }).set(change, call())
      expect(await letsIn(server, change.pending)).toBe(true)
    })

    test('the account that lets current in must be one of them', async () => {
      const current = await spread(['%'])
      const change = { current, pending: credential(current.username) }
      await createLogin(server, current.username, { host: '10.%' })
      for (const by of [{}, { admin: admin(server) }])
        await failure(target(server, { hosts: ['10.%'], ...by }).set(change, call()), 'identity-mismatch')
      expect(await letsIn(server, change.pending)).toBe(false)
    })
  })

  test('the logins of one rotation are the least that it takes', async () => {
    const proxy = await startProxy(server)
    const count = async (by: object) => {
      const current = await createLogin(server, freshName('counted'))
      const pending = credential(current.username)
      const t = target(server, { endpoints: [writer(proxy)], ...by })
      const steps = [
        () => t.set({ current, pending }, call()),
        () => t.test(pending, call()),
        () => t.end({ previous: current, current: pending }, call()),
      ]
      const logins: number[] = []
      for (const step of steps) {
        const before = proxy.connections
        await step()
        logins.push(proxy.connections - before)
      }
      return logins
    }
    try {
      // set: current, and current once more, which fills the cache of the server. end: current, previous, current. The admin: one each
      expect(await count({})).toEqual([2, 1, 3])
      expect(await count({ admin: admin(server) })).toEqual([3, 1, 4])
    } finally {
      await proxy.stop()
    }
  })

  test('after set and after end no consumer of either password needs the server’s key: without TLS too', async () => {
    const current = await createLogin(server, freshName('app'))
    const pending = credential(current.username)
    const t = target(server)
    // a consumer without TLS that trusts no key fails unless the server has the password cached
    const consumer = createMysqlTarget(
      {
        strategy: 'dual-password',
        endpoints: [writer(server)],
        tls: { mode: 'disable' },
        owner: 'lockstep:test/secret',
      },
      { now: () => Date.now() },
    )
    await t.set({ current, pending }, call())
    await t.test(pending, call())
    await consumer.test(current, call())
    await consumer.test(pending, call())
    await t.end({ previous: current, current: pending }, call())
    await consumer.test(pending, call())
  })
})
