import { expect, it } from 'vitest'
import { failOver } from '../../../core/replication/fail-over.ts'
import { storeRegister } from '../../../core/replication/store-register.ts'
import { survey } from '../../../core/replication/survey.ts'
import { Run } from '../../../core/rotation/run.ts'
import { MemoryStore } from '../../../core/testing/memory-store.ts'
import { Regions } from './support.ts'

const begun = async () => {
  const regions = new Regions({ strategy: 'alternating-users' })
  await regions.replicate()
  return regions
}

const surveyed = async (regions: Regions, leader = 'eu', lost = false) => {
  const run = new Run(regions.as(leader), regions.request(), regions.abort.signal)
  return survey(run, (await regions.who())!, lost ? undefined : await regions.state(leader))
}

it('says how followers stand, also while the leader is lost, and who is told as each is visited', async () => {
  const regions = await begun()
  regions.cutAtPromotion('ap')
  await regions.rotate({ force: true })
  regions.heal('ap')
  const expected = {
    epoch: 1,
    sequence: 2,
    followers: [
      { follower: 'us', standing: 'in-sync', sequence: 2 },
      { follower: 'ap', standing: 'behind', sequence: 1 },
    ],
  }
  expect(await surveyed(regions)).toMatchObject(expected)
  expect(await surveyed(regions, 'us', true)).toMatchObject(expected)
  regions.cut('us')
  expect(await surveyed(regions)).toMatchObject({ followers: [{ standing: 'unknown' }, { standing: 'behind' }] })
})

it('a version that the leader has not given out yet counts as the next one', async () => {
  const regions = await begun()
  regions.edit('eu', { ...regions.shown('eu') })
  expect(await surveyed(regions)).toMatchObject({ sequence: 2, followers: [{ standing: 'behind' }, {}] })
})

it('an operator who comes second hears who was first, and does not take over from him', async () => {
  const regions = await begun()
  regions.cut('eu')
  const first = regions.failOver('us')
  const setup = regions.as('ap')
  const { register } = regions
  const swap: typeof register.swap = async (...change) => {
    await first
    return register.swap(...change)
  }
  const late = { ...setup, replication: { ...setup.replication!, register: { ...register, swap } } }
  const request = regions.request({ type: 'manual', reason: 'region lost' })
  await expect(failOver(late, request, regions.abort.signal)).rejects.toMatchObject({ code: 'not-leader' })
  expect(await regions.who()).toMatchObject({ epoch: 2, leader: 'us' })
})

it('a record that was lost is not written anew while followers hold copies, unless a person says so', async () => {
  const regions = await begun()
  const empty = storeRegister(async () => new MemoryStore(regions.clock), 'test')
  Object.assign(regions, { register: empty })
  await expect(regions.replicate()).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('lost') })
  expect(await regions.who()).toBeUndefined()
})
