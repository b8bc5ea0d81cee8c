/**
 * The flows of a leader with followers, over the wire: regional secrets of Secret Manager in both modes, vaults of Key Vault,
 * Secrets Manager, the local store, each leading and following [fake; the local store is real].
 */
import { describe, expect, it } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import { firstRecord } from '../../core/replication/record.ts'
import { ID } from '../../core/testing/simulation/world.ts'
import { overridden } from '../core/replication/support.ts'
import type { Kind } from './sites.ts'
import { DAY, Wired, type WiredOptions } from './support.ts'

const places: readonly (readonly Kind[])[] = [
  ['gcp alias', 'gcp alias', 'gcp latest'],
  ['gcp latest', 'gcp alias', 'azure'],
  ['azure', 'azure', 'gcp latest'],
  ['azure', 'gcp alias', 'local'],
  ['aws', 'gcp alias', 'azure'],
  ['local', 'azure', 'gcp latest'],
]

describe.each(places)('%s leads, %s and %s follow [fake]', (...kinds) => {
  const begun = async (options: WiredOptions = {}) => {
    const world = await Wired.of(kinds, options)
    await world.replicate()
    return world
  }
  const gap = { strategy: 'single-user', acceptGap: ['one', 'two', 'three'] } as const
  const allIn = [{ standing: 'in-sync' }, { standing: 'in-sync' }]

  it('the first replication makes the secrets, and a second one writes nothing', async () => {
    const world = await Wired.of(kinds)
    expect(await world.replicate()).toMatchObject([
      { follower: 'two', standing: 'in-sync', sequence: 1, written: true },
      { follower: 'three', standing: 'in-sync', sequence: 1, written: true },
    ])
    for (const name of ['two', 'three']) expect(await world.site(name).shown()).toBe(await world.site('one').shown())
    expect(await world.replicate()).toMatchObject([{ written: false }, { written: false }])
    expect(await world.drift()).toMatchObject({ drifted: 0 })
  })

  it('a rotation reaches all; the old credential lives until each has shown the new one, and its grace is over there', async () => {
    const world = await begun()
    const old = await world.shown('two')
    world.cutAtPromotion('two')
    expect(await world.rotate({ force: true })).toMatchObject({
      outcome: 'rotated',
      followers: [
        { follower: 'two', standing: 'unknown' },
        { follower: 'three', standing: 'in-sync', sequence: 2 },
      ],
    })
    world.clock.advance(30 * DAY)
    expect(await world.retire()).toMatchObject({ for: 'followers', why: expect.stringContaining('two') })
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'waiting' })
    expect(world.accepts(old)).toBe(true)
    world.heal('two')
    expect(await world.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
    expect(await world.cutOff()).toEqual([])
    world.clock.advance(world.policy.grace + 60_000)
    expect(await world.retire()).toMatchObject({ outcome: 'retired' })
    expect(world.accepts(old)).toBe(false)
    expect(await world.cutOff()).toEqual([])
    expect(await world.replicate()).toMatchObject(allIn)
    for (const name of ['two', 'three']) expect((await world.state(name))?.previous).toBeUndefined()
  })

  it('fails over and back; who led before stands by, follows, and leads again', async () => {
    const world = await begun()
    await world.rotate({ force: true })
    world.cut('one')
    expect(await world.failOver('two')).toMatchObject({ from: 'one', to: 'two', epoch: 2, lost: 0 })
    world.heal('one')
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'standing-by' })
    world.clock.advance(DAY)
    expect(await world.replicate({}, 'two')).toMatchObject(allIn)
    world.clock.advance(DAY)
    expect(await world.retire({}, 'two')).toMatchObject({ outcome: 'retired' })
    expect(await world.rotate({ force: true }, 'two')).toMatchObject({ outcome: 'rotated', followers: allIn })
    expect(await world.cutOff()).toEqual([])
    expect(await world.failOver('one')).toMatchObject({ from: 'two', to: 'one', epoch: 3, lost: 0 })
    world.clock.advance(DAY)
    expect(await world.retire()).toMatchObject({ outcome: 'retired' })
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'rotated', followers: allIn })
    expect(await world.cutOff()).toEqual([])
    expect(await world.drift()).toMatchObject({ drifted: 0, epoch: 3 })
  })

  it('with a gap: staged everywhere before the target is touched, and a follower finishes what a lost leader had begun', async () => {
    const world = await begun(gap)
    world.clock.advance(DAY)
    world.cut('three')
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'followers' })
    expect(await world.cutOff()).toEqual([])
    world.heal('three')
    const promote = async () => {
      throw new RotationError('access-denied', 'Lost.')
    }
    world.faults.set('one', store => overridden(store, { promote }))
    await expect(world.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
    expect(await world.cutOff()).toEqual(['one', 'two', 'three'])
    world.cut('one')
    expect(await world.failOver('two')).toMatchObject({ adopts: 'staged', lost: 0 })
    expect(await world.cutOff()).toEqual(['one'])
    world.heal('one')
    world.clock.advance(DAY)
    expect(await world.replicate({}, 'two')).toMatchObject(allIn)
    expect(await world.cutOff()).toEqual([])
  })

  it('what somebody else has put at a follower is reported and kept, unless a person says otherwise', async () => {
    const world = await begun()
    await world.rotate({ force: true })
    const strange = { ...(await world.shown('two')), username: 'stranger' }
    await world.site('two').edit(world.value(strange).reveal())
    expect(await world.replicate()).toMatchObject([{ follower: 'two', standing: 'foreign' }, { standing: 'in-sync' }])
    expect((await world.shown('two')).username).toBe('stranger')
    expect(await world.drift()).toMatchObject({ drifted: 1, followers: [{ standing: 'foreign', equal: false }, {}] })
    expect(await world.replicate({ force: true, reason: 'agreed' })).toMatchObject(allIn)
    expect(await world.drift()).toMatchObject({ drifted: 0 })
    expect(await world.cutOff()).toEqual([])
  })

  it('followers that are ahead of a leader and a register that were restored are left alone', async () => {
    const world = await begun()
    await world.rotate({ force: true })
    const [two, three] = [await world.site('two').shown(), await world.site('three').shown()]
    world.register = world.newRegister()
    await world.register.create(ID, firstRecord('one'), world.call())
    const ahead = { standing: 'ahead', written: false, error: { code: 'follower-ahead' } }
    expect(await world.replicate()).toMatchObject([ahead, ahead])
    expect([await world.site('two').shown(), await world.site('three').shown()]).toEqual([two, three])
    expect((await world.state('two'))?.pending).toBeUndefined()
  })

  it('values differ where the configuration says so, whoever leads', async () => {
    const world = await begun({ fields: { two: { note: 'host-of-two' } } })
    await world.rotate({ force: true })
    const notes = async () => Promise.all(['one', 'two', 'three'].map(name => world.noteOf(name)))
    expect(await notes()).toEqual(['', 'host-of-two', ''])
    world.cut('one')
    await world.failOver('two')
    world.heal('one')
    world.clock.advance(DAY)
    expect(await world.replicate({}, 'two')).toMatchObject(allIn)
    expect(await notes()).toEqual(['', 'host-of-two', ''])
  })
})
