/**
 * Labels are not moved faster than the replicas show it: else replication can stick for good, as the fake does when told to [fake].
 * Planted: no wait before tidying, none before a retirement's moves, none between one run's last move and the next run's first, a
 * promotion that fails with its replica, no bound: each failed here.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { betweenMoves } from '../../aws/between-moves.ts'
import { Requests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import { RotationError } from '../../core/errors.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { AwsRegions, DAY, EU, ID } from './followers-support.ts'
import { Place } from './support.ts'

const LAG = 700
let regions: AwsRegions

beforeEach(async () => {
  regions = new AwsRegions()
  await regions.replicated()
  await regions.replicate()
  Object.assign(regions.home.service.replication, { lagMs: LAG, sticks: true })
})

const stuck = () => regions.home.service.replication.isStuck(EU, ID)

async function aRotationAndItsEnd(): Promise<void> {
  await regions.rotate()
  regions.clock.advance(DAY)
  await regions.retire()
  regions.clock.advance(2 * DAY)
}

describe('two moves of labels in quick succession [fake]', () => {
  it('leave the replica stuck where nobody waits, which is noticed and holds the end of the old credential', async () => {
    regions.awaited = false
    const old = regions.shown('ireland')
    await regions.rotate()
    expect(stuck()).toBe(true)
    regions.clock.advance(DAY)
    expect(await regions.retire()).toMatchObject({ outcome: 'waiting', for: 'followers' })
    expect(regions.server.wouldAccept(old)).toBe(true)
  })

  it('do not happen in rotations and retirements one after the other, and nothing is left behind', async () => {
    for (let round = 0; round < 3; round++) {
      await aRotationAndItsEnd()
      expect(stuck()).toBe(false)
      expect(regions.same('virginia', 'ireland')).toBe(true)
      expect(regions.labels().filter(label => /TURN|RETIRING|PENDING/.test(label))).toEqual([])
    }
    expect(regions.writesIn(EU)).toEqual([])
  })

  it('do not happen where runs follow each other at once either', async () => {
    const { revokeNow } = await import('../../core/rotation/retire.ts')
    await regions.rotate()
    const urgent = regions.request({ reason: 'leaked' })
    const results = await revokeNow(regions.as('virginia'), urgent, new AbortController().signal)
    expect(results.map(({ outcome }) => outcome)).toContain('rotated')
    expect(stuck()).toBe(false)
    regions.clock.advance(DAY)
    expect(regions.same('virginia', 'ireland')).toBe(true)
  })
})

describe('a replica that does not show the promotion in time [fake]', () => {
  beforeEach(() => {
    regions.home.service.replication.sticks = false
    regions.home.service.replication.pause(EU)
  })

  it('does not fail it: the leader’s consumers have it, labels stay for now, and the retirement takes them off', async () => {
    expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
    expect(regions.works('virginia')).toBe(true)
    expect(regions.labels()).toContain('AWSPENDING')
    const state = await regions.store('virginia').describe(ID, regions.call())
    expect(state).toMatchObject({ previous: {}, promotedAt: expect.any(Number) })
    expect(state?.pending ?? state?.anomaly ?? state?.retiring).toBeUndefined()
    regions.home.service.replication.resume(EU)
    regions.clock.advance(DAY)
    expect(await regions.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
    regions.clock.advance(DAY)
    expect(await regions.retire()).toMatchObject({ outcome: 'retired' })
    expect(regions.labels()).not.toContain('AWSPENDING')
    expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
    regions.clock.advance(DAY)
    expect(regions.same('virginia', 'ireland')).toBe(true)
  })

  it('is harmless however often it happens: no label is left after a retirement', async () => {
    const place = new Place()
    const store = new AwsSecretStore(new Requests(place.fake.inProcessClient(), place.clock), place.clock, {
      betweenMoves: async () => false,
    })
    place.fake.service.createSecret({ name: ID, value: 'first' })
    for (let round = 0; round < 6; round++) {
      const call = place.call()
      const state = (await store.describe(ID, call))!
      const base = state.current.version
      const rotation = rotationId(ID, state)
      await store.putPending(ID, { rotation, base, value: SecretValue.of(`value ${round}`) }, call)
      await store.note(ID, { setAt: place.clock.now() }, call)
      await store.promote(ID, { rotation, base }, call)
      const promoted = (await store.describe(ID, place.call()))!
      expect(promoted).toMatchObject({ current: { rotation }, previous: { version: base }, attempts: 0, generation: 0 })
      expect(promoted.pending).toBeUndefined()
      const later = place.call()
      await store.claimRetire(ID, base, 30_000, later)
      await store.retirePrevious(ID, base, later)
      const stages = [...place.fake.service.peek(ID).versions.values()].flatMap(version => version.stages)
      expect(stages.filter(label => /TURN|RETIRING|PENDING/.test(label))).toEqual([])
    }
  })

  it('costs a run no more than its patience, once', async () => {
    const began = regions.clock.now()
    await regions.rotate()
    // half of the run's life for the first wait, and none after it
    expect(regions.clock.now() - began).toBeLessThan(17_000)
  })
})

describe('the wait between two moves', () => {
  const stages = new Map()
  const waiting = (...answers: (boolean | Error)[]) => {
    let asked = 0
    const shows = async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]!
      if (answer instanceof Error) throw answer
      return answer
    }
    const wait = betweenMoves(async () => [{ shows }], regions.clock)
    return { wait: (patience = 5_000) => wait(ID, stages, patience, regions.call()), asked: () => asked }
  }

  it('ends with the first sight', async () => {
    const { wait, asked } = waiting(false, false, true)
    expect(await wait()).toBe(true)
    expect(asked()).toBe(3)
  })

  it('ends with the patience, and asks ever less often', async () => {
    const { wait, asked } = waiting(false)
    const began = regions.clock.now()
    expect(await wait()).toBe(false)
    expect(regions.clock.now() - began).toBeLessThanOrEqual(5_000)
    expect(asked()).toBeLessThan(12)
  })

  it('goes on through an outage, and not through a denial', async () => {
    const outage = waiting(new RotationError('store-unavailable', 'Gone.'), true)
    expect(await outage.wait()).toBe(true)
    const denied = waiting(new RotationError('access-denied', 'No.'), true)
    expect(await denied.wait()).toBe(false)
    expect(denied.asked()).toBe(1)
  })

  it('ends at once where a replica’s store cannot be opened, and fails nobody', async () => {
    const broken = betweenMoves(() => Promise.reject(new Error('No region.')), regions.clock)
    expect(await broken(ID, stages, 5_000, regions.call())).toBe(false)
  })

  it('asks nothing where a secret has no replica', async () => {
    expect(await betweenMoves(async () => [], regions.clock)(ID, stages, 5_000, regions.call())).toBe(true)
  })
})
