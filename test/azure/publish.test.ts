/** What a new version takes over, and the expiry that must not start the next rotation. */
import { describe, expect, test } from 'vitest'
import { carriedFrom, MARGIN, NEAR_EXPIRY } from '../../azure/publish.ts'
import type { Listed } from '../../azure/requests.ts'
import type { VersionId } from '../../core/ports/secret-store.ts'
import { valueText } from '../driven.ts'
import { DAY, Driven, ID } from './driven.ts'

const NOW = Date.UTC(2030, 0, 1)
const listed = (more: Partial<Listed>): Listed => ({
  name: ID,
  version: 'v' as VersionId,
  createdAt: NOW - 60 * DAY,
  enabled: true,
  managed: false,
  tags: {},
  ...more,
})
const seconds = (ms: number) => Math.floor(ms / 1_000)

describe('expiry', () => {
  test('none stays none', () => {
    expect(carriedFrom(listed({}), NOW).expiresOn).toBeUndefined()
  })

  test('is pushed out by the same validity, whenever the rotation comes', () => {
    const before = listed({ expiresOn: NOW + 30 * DAY })
    expect(carriedFrom(before, NOW)).toEqual({ tags: {}, expiresOn: NOW + 90 * DAY })
    expect(carriedFrom(before, NOW + 50 * DAY).expiresOn).toBe(NOW + 140 * DAY)
  })

  test.each([1, 14, 30, 36])('a validity of %s days is extended past the near-expiry event, and says so', days => {
    const before = listed({ expiresOn: NOW - 60 * DAY + days * DAY })
    const { expiresOn, tags } = carriedFrom(before, NOW)
    expect(expiresOn! - NOW).toBe(NEAR_EXPIRY + MARGIN)
    expect(tags).toEqual({ 'lockstep-expiry': `extended from ${days} days` })
    expect(carriedFrom({ ...before, createdAt: NOW, expiresOn: expiresOn!, tags }, NOW + DAY).tags).toEqual(tags)
  })

  test('an expiry before the version was made counts as none at all', () => {
    expect(carriedFrom(listed({ expiresOn: 0 }), NOW).expiresOn).toBe(NOW + NEAR_EXPIRY + MARGIN)
  })
})

describe('a rotation [fake]', () => {
  async function rotated(validity?: number) {
    const driven = new Driven('single-user')
    const nbf = seconds(driven.clock.time)
    const exp = validity === undefined ? {} : { exp: seconds(driven.clock.time + validity) }
    const tags = { team: 'payments', 'cost-center': '42' }
    driven.edit(ID, valueText('app', 'first'), { contentType: 'application/json', tags, nbf, ...exp })
    // The event for a version that is near its end from the beginning comes within minutes.
    driven.clock.time += 3_600_000
    await driven.engine.rotate({ force: true })
    const { versions, latest } = driven.vault.service.peek(ID)
    return { driven, published: versions.get(latest)!, nbf }
  }

  test.each([90 * DAY, undefined])('carries contentType, tags, notBefore and a validity of %s', async validity => {
    const { driven, published, nbf } = await rotated(validity)
    expect(published).toMatchObject({ contentType: 'application/json', nbf, enabled: true })
    expect(published.tags).toMatchObject({ team: 'payments', 'cost-center': '42' })
    expect(published.tags!['lockstep-rotation']).toMatch(/^ls-/)
    if (validity === undefined) expect(published.exp).toBeUndefined()
    else expect(Math.abs(published.exp! * 1_000 - (driven.clock.time + 90 * DAY))).toBeLessThan(2_000)
  })

  test('raises no near-expiry event for what it has published, however short the validity was', async () => {
    const { driven, published } = await rotated(5 * DAY)
    driven.clock.time += MARGIN - DAY
    await driven.store().describe(ID, driven.call())
    const near = driven.vault.service.events.filter(({ type }) => type.endsWith('SecretNearExpiry'))
    const { latest } = driven.vault.service.peek(ID)
    expect(near.length).toBeGreaterThan(0)
    expect(near.filter(({ version }) => version === latest)).toEqual([])
    expect(published.tags!['lockstep-expiry']).toBe('extended from 5 days')
  })

  test('the sibling is tagged, holds no expiry, and is disabled with the retirement', async () => {
    const { driven } = await rotated(90 * DAY)
    driven.clock.time += DAY
    await driven.engine.retire()
    const sibling = [...driven.vault.service.peek(`${ID}-lockstep-pending`).versions.values()]
    expect(sibling.map(({ enabled, exp }) => [enabled, exp])).toEqual([[false, undefined]])
    const enabled = [...driven.vault.service.peek(ID).versions.values()].map(each => each.enabled)
    expect(enabled).toEqual([true, false, true])
  })
})
