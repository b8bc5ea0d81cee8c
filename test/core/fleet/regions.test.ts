/**
 * The functions of three regions, of which one leads. Planted, and each failed here: the register not asked before the look, a follower's
 * copy taken for a secret of its own, what stands by counted as a failure, a follower that does not answer handed over with all that
 * was looked for, the setup wired for whoever leads, a slip in the member's name accepted.
 */
import { describe, expect, test } from 'vitest'
import { adminAt, ofMember } from '../../../core/fleet/member.ts'
import { sweep } from '../../../core/fleet/sweep.ts'
import { workOn } from '../../../core/fleet/work.ts'
import { rotateAsked } from '../../../core/functions/asked.ts'
import { ALONE, FleetRegions, FOLLOWED } from './regions.ts'
import { credentialValue, DAY, MINUTE } from './support.ts'

const one = () => new FleetRegions(FOLLOWED('db')).named()

describe('whom a deployment acts for', () => {
  const { config } = new FleetRegions(FOLLOWED('db') + ALONE('here', 'us') + ALONE('there', 'eu'))
  const names = (member?: string) => [...ofMember(config, member).secrets.keys()]

  test('without a member: every secret, by its own store', () => expect(names()).toEqual(['db', 'here', 'there']))
  test('the leader’s store by its name', () => expect(names('eu')).toEqual(['db', 'there']))
  test('a follower, and what lives in its store alone', () => expect(names('us')).toEqual(['db', 'here']))

  test('a name that no secret knows is an error, with the likely one', () => {
    expect(() => names('uss')).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        at: 'LOCKSTEP_MEMBER',
        message: expect.stringContaining("'us'"),
      }),
    )
  })

  test('an admin secret that has a copy there is read there', () => {
    const admin = { secret: 'db', store: 'eu', id: 'db', value: {}, user: undefined }
    const target = { kind: 'postgres', admin, endpoints: [] } as never
    expect(adminAt(target, config, 'us')).toMatchObject({ admin: { store: 'us', id: 'db' } })
    expect(adminAt(target, config, undefined)).toMatchObject({ admin: { store: 'eu' } })
    expect(
      adminAt({ ...(target as object), admin: { ...admin, secret: undefined } } as never, config, 'us'),
    ).toMatchObject({
      admin: { store: 'eu' },
    })
  })
})

describe('the region that leads', () => {
  test('rotates, tells the others, and retires when each has shown it', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    expect((await regions.sweep()).outcomes).toEqual({ 'not-due': 1, rotated: 1 })
    for (const store of ['eu', 'us', 'ap']) expect(regions.works(store, 'db')).toBe(true)
    expect(regions.shown('us', 'db')).toBe(regions.shown('eu', 'db'))
    expect((await regions.sweep()).outcomes).toEqual({ waiting: 1, 'not-due': 1, 'in-sync': 1 })
    regions.time += 62 * MINUTE
    expect((await regions.sweep()).outcomes).toMatchObject({ retired: 1 })
    for (const store of ['eu', 'us', 'ap'])
      expect(
        await regions.stores.get(store)!.describe('db', { signal: regions.signal, deadline: regions.time, run: {} }),
      ).not.toHaveProperty('previous')
  })

  test('a follower that does not answer is one failure on record, and one item; when it is back, a sweep brings it up', async () => {
    const regions = await new FleetRegions(FOLLOWED('db') + ALONE('other', 'eu')).named()
    regions.cut.add('us')
    regions.time += 31 * DAY
    const first = await regions.sweep(undefined, { queue: regions.queue })
    // a required follower that is away holds the next rotation
    expect(first.outcomes).toMatchObject({ waiting: 1, rotated: 1 })
    expect(first.failed.map(({ of, handedOver }) => [of, handedOver])).toEqual([
      [expect.objectContaining({ secret: 'db', do: 'replicate' }), true],
    ])
    expect(first.failed[0]?.error).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('us ('),
    })
    expect(regions.queued).toMatchObject([{ secret: 'db', do: 'replicate' }])
    regions.cut.delete('us')
    expect((await regions.sweep()).outcomes).toMatchObject({ rotated: 1 })
  })

  test('one that is lost during the rotation is brought up by the next sweep, and by the queue', async () => {
    for (const later of ['sweep', 'work'] as const) {
      const regions = await one()
      regions.time += 31 * DAY
      const promoted = regions.stores.get('eu')!.promote.bind(regions.stores.get('eu')!)
      regions.stores.get('eu')!.promote = async (...given) => {
        regions.cut.add('us')
        return promoted(...given)
      }
      const { outcomes, failed } = await regions.sweep(undefined, { queue: regions.queue })
      expect(outcomes).toMatchObject({ rotated: 1 })
      expect(failed).toMatchObject([{ of: { secret: 'db', do: 'replicate' }, handedOver: true }])
      regions.cut.delete('us')
      expect(regions.shown('us', 'db')).toBe('first')
      regions.stores.get('eu')!.promote = promoted
      if (later === 'sweep') expect((await regions.sweep()).outcomes).toMatchObject({ replicated: 1 })
      else expect(await regions.work('db', 'replicate')).toBe('replicated')
      expect(regions.shown('us', 'db')).toBe(regions.shown('eu', 'db'))
      expect(await regions.work('db', 'replicate')).toBe('in-sync')
    }
  })

  test('a value of somebody else’s at a follower is a failure that no queue gets', async () => {
    const regions = await one()
    regions.stores.get('us')!.edit('db', credentialValue('db_a', 'of somebody else'))
    const { failed, handedOver } = await regions.sweep(undefined, { queue: regions.queue })
    expect(failed).toMatchObject([{ of: { do: 'replicate' }, error: { code: 'follower-foreign', retry: 'no' } }])
    expect(handedOver).toBe(0)
  })

  test('of 20 secrets at rest, a listing is enough where nothing waits for nobody', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
    const strict = names.map(name => FOLLOWED(name).replace(', required: false', '')).join('')
    const regions = await new FleetRegions(strict).named()
    regions.time += DAY
    regions.calls.length = 0
    expect(await regions.sweep()).toMatchObject({ looked: 0 })
    expect(regions.calls).toEqual(['eu: list'])
  })
})

describe('a region that follows', () => {
  test('stands by: no error, nothing written, nothing handed over, its store not even described', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    regions.calls.length = 0
    const result = await regions.sweep('us', { queue: regions.queue })
    expect(result).toMatchObject({ secrets: 1, outcomes: { 'standing-by': 1 }, failed: [], handedOver: 0, left: 0 })
    expect(regions.queued).toEqual([])
    for (const store of ['eu', 'us', 'ap', 'reg']) expect(regions.wrote(store)).toEqual([])
    expect(regions.calls.filter(call => call.startsWith('us:'))).toEqual([])
    for (const what of ['rotate', 'retire', 'replicate'] as const)
      expect(await regions.work('db', what, 'us')).toBe('standing-by')
    expect(await rotateAsked(regions.at('us'), 'db', regions.request(), regions.signal, regions.time)).toBe(
      'standing-by',
    )
    expect(regions.events.filter(({ event_type }) => event_type !== 'follower_updated')).toEqual([])
  })

  test('takes over by a fail-over alone, without a deployment; the old leader, coming back, stands by', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    regions.cut.add('eu')
    await regions.failOver('db', 'us')
    expect((await regions.sweep('us')).outcomes).toMatchObject({ waiting: 1 })
    regions.time += 2 * MINUTE
    // ap is best effort; eu, which is lost, is not, and holds the next rotation
    expect((await regions.sweep('us')).outcomes).toMatchObject({ waiting: 1 })
    regions.cut.delete('eu')
    regions.calls.length = 0
    expect((await regions.sweep()).outcomes).toEqual({ 'standing-by': 1 })
    expect(regions.wrote('eu')).toEqual([])
    // brought up now, so its consumers have their grace from now
    expect((await regions.sweep('us')).outcomes).toMatchObject({ waiting: 1, 'in-sync': 1 })
    regions.time += 62 * MINUTE
    expect((await regions.sweep('us')).outcomes).toMatchObject({ rotated: 1 })
    for (const store of ['eu', 'us', 'ap']) expect(regions.works(store, 'db')).toBe(true)
    expect(regions.shown('eu', 'db')).not.toBe('first')
  })

  test('a fail-over between the look and the act is no failure', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    const fleet = regions.at()
    const original = fleet.setup
    const late = {
      ...fleet,
      setup: async (name: string) => {
        await regions.failOver(name, 'us')
        return original(name)
      },
    }
    expect(await workOn(late, 'db', 'replicate', regions.request(), regions.signal)).toBe('standing-by')
  })

  test('nor is one that has already happened when a sweep begins to act', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    const fleet = regions.at()
    const original = fleet.setup
    let over: Promise<unknown> | undefined
    const setup = async (name: string) => {
      over ??= regions.failOver(name, 'us')
      await over
      return original(name)
    }
    const { outcomes, failed } = await sweep(
      { ...fleet, setup },
      { request: regions.request(), signal: regions.signal },
    )
    expect(failed).toEqual([])
    expect(outcomes).toMatchObject({ 'standing-by': expect.any(Number) })
  })

  test('without a register nobody acts, and it is said for each secret', async () => {
    const regions = await one()
    regions.time += 31 * DAY
    regions.cut.add('reg')
    const { outcomes, failed } = await regions.sweep()
    expect(outcomes).toEqual({})
    expect(failed.map(({ of, error }) => [(of as { do: string }).do, error.code])).toEqual([
      ['retire', 'store-unavailable'],
      ['rotate', 'store-unavailable'],
    ])
    expect(regions.wrote('eu')).toEqual([])
  })

  test('nobody was named: a person has to, and no function does', async () => {
    const regions = new FleetRegions(FOLLOWED('db'))
    const { failed } = await regions.sweep()
    expect(failed[0]?.error).toMatchObject({ code: 'refused', next: expect.stringContaining('lockstep replicate db') })
    expect(regions.wrote('reg')).toEqual([])
  })
})
