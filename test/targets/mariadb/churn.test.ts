import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { SettableTarget } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { startMariadb } from '../../stand/mariadb.ts'
import { requireServer } from '../../stand/stand.ts'
import { alternating, call, createLogin, createPair, credential, freshName, letsIn, single, target } from './fixture.ts'

const server = requireServer(await startMariadb())

/** Younger than the grace: what consumers may still hold of a version that was replaced. */
const CACHE = 100
const GRACE = 400

describe.skipIf(server === undefined)('consumers that open a connection all the time', async () => {
  if (server === undefined) return
  afterAll(() => server.stop())

  /** Rotates some times while consumers log in with what they have read at most `CACHE` ago; answers how many logins there were. */
  async function churn(t: SettableTarget, first: Credential, rotations: number) {
    let current = first
    let done = false
    const count = { logins: 0, refused: 0 }
    const consumer = async () => {
      while (!done) {
        const held = current
        const until = Date.now() + CACHE
        while (!done && Date.now() < until) {
          if (!(await letsIn(server!, held))) count.refused++
          count.logins++
          await sleep(5)
        }
      }
    }
    const consumers = Array.from({ length: 6 }, consumer)
    for (let i = 0; i < rotations; i++) {
      const previous = current
      const pending = credential(t.nextUsername(current))
      await t.set({ current, pending }, call())
      await t.test(pending, call())
      if (t.overlap === 'gap') await sleep(20) // the store's round trips
      current = pending
      await sleep(GRACE)
      if (t.overlap === 'both-valid') await t.end({ previous, current }, call())
    }
    done = true
    await Promise.all(consumers)
    return count
  }

  test('two passwords: none is ever refused', async () => {
    const { logins, refused } = await churn(target(server), await createLogin(server, freshName('app')), 8)
    expect(logins).toBeGreaterThan(200)
    expect(refused).toBe(0)
  })

  test('two logins: none is ever refused', async () => {
    const pair = await createPair(server)
    const { logins, refused } = await churn(alternating(server, pair), pair.current, 8)
    expect(logins).toBeGreaterThan(200)
    expect(refused).toBe(0)
  })

  test('one password: the gap is real, so this test would see one', async () => {
    const { refused } = await churn(single(server), await createLogin(server, freshName('app')), 3)
    expect(refused).toBeGreaterThan(0)
  })
})
