/**
 * Something goes wrong at each request of a rotation and of a retirement, one after the other; the next runs finish it.
 * Planted: an addition without an answer made again, what was published published again, a publication judged by the record of before
 * it, a throttling mapped to a refusal: each failed here.
 */
import { describe, expect, test } from 'vitest'
import type { ReadBy } from '../../gcp/secret-store.ts'
import { credentialIn } from '../driven.ts'
import type { Fault } from '../fakes/gcp/secret-manager.ts'
import { DAY, Driven, ID, type Strategy } from './driven.ts'
import { byAlias } from './support.ts'

/** More than any rotation with one fault makes. */
const REQUESTS = 30

interface Trouble {
  readonly name: string
  readonly fault: Fault
  /** All requests after it: the process is gone, or the network, or the quota, or the credentials. */
  readonly after?: Fault
  /** What the run may end with. */
  readonly says: RegExp
}

const UNANSWERED = /^(unknown|store-unavailable|stale)$/

const troubles: readonly Trouble[] = [
  { name: 'dies before', fault: 'reset', after: 'reset', says: UNANSWERED },
  { name: 'dies after', fault: 'lost-answer', after: 'reset', says: UNANSWERED },
  { name: 'no answer', fault: 'lost-answer', says: UNANSWERED },
  { name: 'not applied', fault: 'reset', says: UNANSWERED },
  { name: 'unavailable', fault: 'unavailable', says: UNANSWERED },
  { name: 'too late, and not applied', fault: 'deadline', says: UNANSWERED },
  { name: 'too late, and applied', fault: 'deadline-applied', says: UNANSWERED },
  { name: 'an internal error', fault: 'error:INTERNAL', says: UNANSWERED },
  { name: 'throttled', fault: 'throttle', says: /^busy$/ },
  { name: 'throttled from then on', fault: 'throttle', after: 'throttle', says: /^busy$/ },
  { name: 'an expired token', fault: 'expired-token', says: /^access-denied$/ },
  { name: 'credentials that expire for good', fault: 'expired-token', after: 'expired-token', says: /^access-denied$/ },
]

const modes: readonly (readonly [string, ReadBy])[] = [
  ['an alias', byAlias],
  ['latest', 'latest'],
]

/** What consumers read works at every look, but for the moment between set and publish of a login without a second one. */
function watched(driven: Driven, strategy: Strategy): () => void {
  const isPending = (name: string) =>
    driven.fake.service.exists(name) &&
    [...driven.fake.service.peek(name).versions.values()].some(({ value }) => value && accepts(driven, value))
  return () => {
    const pendingWorks = isPending(ID) || isPending(`${ID}-lockstep-pending`)
    expect(driven.works || (strategy === 'single-user' && pendingWorks)).toBe(true)
  }
}

function accepts({ engine: { server } }: Driven, text: string): boolean {
  const { rotation, value } = JSON.parse(text) as { rotation?: string; value?: string }
  const plain = rotation === undefined ? text : Buffer.from(value!, 'base64').toString()
  return server.wouldAccept(credentialIn(plain))
}

async function troubled(
  driven: Driven,
  strategy: Strategy,
  { fault, after, says }: Trouble,
  nth: number,
): Promise<number> {
  const before = driven.consumed
  const check = watched(driven, strategy)
  const end = driven.at(nth, fault, after)
  const first = await driven.engine.rotate().catch(error => error as Error)
  const requests = end()
  check()
  if (first instanceof Error) expect(Object(first).code).toMatch(says)
  driven.clock.time += 60_000
  const done = !(first instanceof Error) && first.outcome === 'rotated'
  if (!done) await driven.engine.until('rotated', () => driven.engine.rotate(), check)
  expect(driven.works).toBe(true)
  expect(driven.consumed).not.toBe(before)
  const { versions } = driven.fake.service.peek(ID)
  expect([...versions.values()].filter(({ value }) => value === driven.consumed)).toHaveLength(1)
  await settled(driven)
  return requests
}

/** One more whole life shows that nothing was left in the way: retired, then rotated and retired again. */
async function settled(driven: Driven): Promise<void> {
  const state = (await driven.opened().describe(ID, driven.call()))!
  expect([state.pending, state.retiring, state.anomaly]).toEqual([undefined, undefined, undefined])
  driven.clock.time += DAY
  await driven.engine.until('retired', () => driven.engine.retire())
  const before = driven.consumed
  driven.clock.time += 2 * DAY
  await driven.engine.until('rotated', () => driven.engine.rotate())
  expect(driven.works).toBe(true)
  expect(driven.consumed).not.toBe(before)
}

describe.each(modes)('read by %s [fake]', (_, readBy) => {
  describe.each(['single-user', 'alternating-users'] as const)('%s', strategy => {
    test.each(troubles)('$name at any request of a rotation: the next run finishes it', async trouble => {
      let most = 0
      for (let nth = 1; nth <= REQUESTS; nth++) {
        const requests = await troubled(new Driven(strategy, readBy), strategy, trouble, nth).catch(error => {
          throw new Error(`at request ${nth}: ${error.message}`, { cause: error })
        })
        if (requests < nth) break
        most = nth
      }
      expect(most).toBeGreaterThanOrEqual(readBy === 'latest' ? 11 : 6)
      expect(most).toBeLessThan(REQUESTS)
    })

    test.each(troubles)('$name at any request of a retirement: the next run finishes it', async ({ fault, after }) => {
      for (let nth = 1; nth <= REQUESTS; nth++) {
        const driven = new Driven(strategy, readBy)
        await driven.engine.rotate()
        driven.clock.time += DAY
        const end = driven.at(nth, fault, after)
        const first = await driven.engine.retire().catch(error => error as Error)
        const requests = end()
        expect(driven.works).toBe(true)
        driven.clock.time += 60_000
        const done = !(first instanceof Error) && first.outcome === 'retired'
        if (!done) await driven.engine.until('retired', () => driven.engine.retire())
        const state = (await driven.opened().describe(ID, driven.call()))!
        expect([nth, state.previous, state.retiring]).toEqual([nth, undefined, undefined])
        if (requests < nth) return
      }
      expect.unreachable()
    })
  })
})
