import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { DAY, GRACE, overridden, Regions, RUN_LIFE } from './support.ts'

const begun = async (options: Partial<ConstructorParameters<typeof Regions>[0]> = {}) => {
  const regions = new Regions({ strategy: 'alternating-users', ...options })
  await regions.replicate()
  return regions
}

it('the first replication names the leader, makes the followers’ secrets and shows them current', async () => {
  const regions = await begun()
  expect(await regions.who()).toMatchObject({ epoch: 1, leader: 'eu', sequence: 1 })
  for (const name of ['us', 'ap']) expect(regions.password_(name)).toBe(regions.password_('eu'))
})

it('a rotation reaches every follower, marked with epoch and sequence, and repeats nothing', async () => {
  const regions = await begun()
  const result = await regions.rotate({ force: true })
  expect(result).toMatchObject({ outcome: 'rotated' })
  expect(result.outcome === 'rotated' && result.followers).toMatchObject([
    { follower: 'us', standing: 'in-sync', epoch: 1, sequence: 2, written: true },
    { follower: 'ap', standing: 'in-sync', epoch: 1, sequence: 2, written: true },
  ])
  for (const name of ['eu', 'us', 'ap']) expect(regions.works(name)).toBe(true)
  expect(await regions.replicate()).toMatchObject([{ written: false }, { written: false }])
})

it('the old credential lives until every required follower has shown the new one, and its grace is over there too', async () => {
  const regions = await begun({ bestEffort: ['ap'] })
  regions.cutAtPromotion('us', 'ap')
  const old = regions.shown('us')
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'rotated' })
  regions.clock.advance(30 * DAY)
  expect(await regions.retire()).toMatchObject({
    outcome: 'waiting',
    for: 'followers',
    why: expect.stringContaining('us'),
  })
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'waiting' })
  expect(regions.accepts(old)).toBe(true)
  regions.heal('us')
  expect(await regions.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
  expect(regions.works('us')).toBe(true)
  regions.clock.advance(GRACE)
  expect(await regions.retire()).toMatchObject({ outcome: 'retired' })
  expect(regions.accepts(old)).toBe(false)
  expect(regions.works('us')).toBe(true)
})

it('a person may release a retirement from a follower by name', async () => {
  const regions = await begun()
  regions.cutAtPromotion('ap')
  await regions.rotate({ force: true })
  regions.clock.advance(DAY)
  expect(await regions.retire({ release: 'follower:us' })).toMatchObject({ for: 'followers' })
  expect(await regions.retire({ release: 'follower:ap', reason: 'region given up' })).toMatchObject({
    outcome: 'retired',
  })
})

it('a fail-over makes a follower the leader; the old one, coming back, refuses its own writes and follows', async () => {
  const regions = await begun()
  await regions.rotate({ force: true })
  regions.cut('eu')
  expect(await regions.failOver('us')).toMatchObject({ from: 'eu', to: 'us', epoch: 2, lost: 0, adopts: 'current' })
  regions.clock.advance(RUN_LIFE - 1)
  expect(await regions.retire({ type: 'emergency' }, 'us')).toMatchObject({ outcome: 'waiting', for: 'run-life' })
  regions.heal('eu')
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'standing-by' })
  expect(await regions.retire()).toMatchObject({ outcome: 'standing-by' })
  regions.clock.advance(DAY)
  expect(await regions.replicate({}, 'us')).toMatchObject([
    { follower: 'eu', standing: 'in-sync', epoch: 2 },
    { follower: 'ap', standing: 'in-sync', epoch: 2 },
  ])
  regions.clock.advance(GRACE + RUN_LIFE)
  expect(await regions.retire({}, 'us')).toMatchObject({ outcome: 'retired' })
  expect(await regions.rotate({ force: true }, 'us')).toMatchObject({ outcome: 'rotated' })
  for (const name of ['eu', 'us', 'ap']) expect(regions.works(name)).toBe(true)
})

it('of two operators one wins', async () => {
  const regions = await begun()
  regions.cut('eu')
  const both = await Promise.allSettled([regions.failOver('us'), regions.failOver('ap')])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await regions.who()).toMatchObject({ epoch: 2 })
})

it('a follower that is behind leads only when the loss is accepted', async () => {
  const regions = await begun()
  regions.cutAtPromotion('us')
  await regions.rotate({ force: true })
  regions.heal('us')
  regions.cut('eu')
  await expect(regions.failOver('us')).rejects.toMatchObject({ code: 'follower-behind' })
  expect(await regions.failOver('us', { acceptOlder: true })).toMatchObject({ lost: 1, epoch: 2 })
  expect(regions.works('ap')).toBe(true)
  expect(regions.password_('ap')).toBe(regions.password_('us'))
})

it('what somebody else has put at a follower is reported and kept, unless a person says otherwise', async () => {
  const regions = await begun()
  regions.edit('us', regions.shown('eu'))
  expect(await regions.replicate()).toMatchObject([{ standing: 'in-sync' }, { standing: 'in-sync' }])
  const strange = { ...regions.shown('us'), username: 'stranger' }
  regions.edit('us', strange)
  expect(await regions.replicate()).toMatchObject([{ follower: 'us', standing: 'foreign' }, { standing: 'in-sync' }])
  expect(regions.shown('us').username).toBe('stranger')
  expect(await regions.drift()).toMatchObject({ drifted: 1, followers: [{ standing: 'foreign', equal: false }, {}] })
  await expect(regions.replicate({ force: true })).rejects.toMatchObject({ code: 'usage' })
  await regions.replicate({ force: true, reason: 'agreed' })
  expect(await regions.drift()).toMatchObject({ drifted: 0 })
})

it('with a gap, the pending value is at every required follower before the target is touched', async () => {
  const options = { strategy: 'single-user', acceptGap: ['us', 'ap'] } as const
  const regions = await begun(options)
  regions.cut('us')
  regions.clock.advance(DAY)
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'followers' })
  expect(regions.works('eu')).toBe(true)
  regions.heal('us')
  expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
  for (const name of ['eu', 'us', 'ap']) expect(regions.works(name)).toBe(true)
})

it('with a gap, a leader lost after `set` is followed by whoever has the staged value', async () => {
  const regions = await begun({ strategy: 'single-user', acceptGap: ['us', 'ap'] })
  regions.clock.advance(DAY)
  const promote = async () => {
    throw new RotationError('access-denied', 'Lost.')
  }
  regions.faults.set('eu', store => overridden(store, { promote }))
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  expect(regions.works('us')).toBe(false)
  regions.cut('eu')
  expect(await regions.failOver('us')).toMatchObject({ adopts: 'staged', lost: 0 })
  for (const name of ['us', 'ap']) expect(regions.works(name)).toBe(true)
  regions.heal('eu')
  regions.clock.advance(DAY)
  expect(await regions.replicate({}, 'us')).toMatchObject([{ standing: 'in-sync' }, { standing: 'in-sync' }])
  expect(regions.works('eu')).toBe(true)
})

it('a gap that was not accepted is refused before anything is written', async () => {
  const regions = await begun({ strategy: 'single-user', acceptGap: ['us'] })
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('ap'),
  })
  expect((await regions.state('eu'))?.pending).toBeUndefined()
})

it('values differ per region where the configuration says so', async () => {
  const regions = await begun({ fields: { us: { note: 'us-host' } } })
  await regions.rotate({ force: true })
  const note = (name: string) => JSON.parse(regions.stores.get(name)!.peek('app').current.reveal()).note
  expect([note('eu'), note('us'), note('ap')]).toEqual(['', 'us-host', ''])
  regions.cut('eu')
  await regions.failOver('us')
  regions.heal('eu')
  regions.clock.advance(DAY)
  await regions.replicate({}, 'us')
  expect([note('eu'), note('us'), note('ap')]).toEqual(['', 'us-host', ''])
})
