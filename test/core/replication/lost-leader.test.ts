// What the simulation of regions has found broken around a leader that is lost; each of these failed before its rule was there.

import { expect, it } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import type { SecretStore } from '../../../core/ports/secret-store.ts'
import { prepareFollowers } from '../../../core/replication/stage.ts'
import { Run } from '../../../core/rotation/run.ts'
import { DAY, GRACE, overridden, Regions, RUN_LIFE } from './support.ts'

const followers = ['us', 'ap']

const begun = async (strategy: ConstructorParameters<typeof Regions>[0]['strategy']) => {
  const regions = new Regions({ strategy, acceptGap: followers })
  await regions.replicate()
  regions.clock.advance(DAY)
  return regions
}

/** The leader's process ends instead of making this call, and its region is gone. */
async function loseLeaderAt(regions: Regions, method: 'promote' | 'putPending'): Promise<void> {
  const dies = async (): Promise<never> => {
    throw new RotationError('access-denied', 'Lost.')
  }
  regions.faults.set('eu', store => overridden(store, { [method]: dies } as Partial<SecretStore>))
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  regions.cut('eu')
}

const events = (regions: Regions, type: string) => regions.record.filter(({ event_type }) => event_type === type)

it.each(['dual-password', 'issue-then-revoke'] as const)(
  '%s: what the lost leader had set and not given out is at its followers, and is adopted',
  async strategy => {
    const regions = await begun(strategy)
    await loseLeaderAt(regions, 'promote')
    const staged = regions.stores.get('us')!.peek('app').pending
    expect(await regions.failOver('us')).toMatchObject({ adopts: 'staged', lost: 0 })
    expect(regions.stores.get('us')!.peek('app').current).toEqual(staged)
    regions.heal('eu')
    regions.clock.advance(RUN_LIFE)
    await regions.replicate({}, 'us')
    regions.clock.advance(GRACE)
    expect(await regions.retire({}, 'us')).toMatchObject({ outcome: 'retired' })
    regions.clock.advance(DAY)
    expect(await regions.rotate({}, 'us')).toMatchObject({ outcome: 'rotated' })
    for (const name of ['eu', ...followers]) expect(regions.works(name)).toBe(true)
  },
)

it('with two logins nothing is staged', async () => {
  const regions = await begun('alternating-users')
  await loseLeaderAt(regions, 'promote')
  expect(regions.stores.get('us')!.peek('app').pending).toBeUndefined()
})

it('a key that the lost leader had asked for makes room, after a run’s life', async () => {
  const regions = await begun('issue-then-revoke')
  await loseLeaderAt(regions, 'putPending')
  expect(regions.issuer.keys).toHaveLength(regions.issuer.limit)
  await regions.failOver('us')
  regions.heal('eu')
  regions.clock.advance(DAY)
  await regions.replicate({}, 'us')
  regions.clock.advance(DAY)
  expect(await regions.rotate({ force: true }, 'us')).toMatchObject({ outcome: 'rotated' })
  expect(regions.issuer.keys).toHaveLength(regions.issuer.limit)
})

it('a fail-over whose process died before its record is on record by the next try', async () => {
  const regions = await begun('alternating-users')
  const { register } = regions
  const record = (await regions.who())!
  await register.swap('app', record, { ...record, epoch: 2, leader: 'us', former: ['eu'] }, regions.call())
  expect(await regions.failOver('us')).toMatchObject({ already: true })
  expect(events(regions, 'failed_over')).toMatchObject([{ result: 'already', metadata: { from: 'eu', epoch: 2 } }])
})

it('of two that take over in turn, both are on record, though the first hears of the second', async () => {
  const regions = await begun('alternating-users')
  const { register } = regions
  let first = true
  const swap: typeof register.swap = async (secret, was, next, call) => {
    const stands = await register.swap(secret, was, next, call)
    if (!first || next.leader !== 'us') return stands
    first = false
    await regions.failOver('ap', { acceptOlder: true })
    return (await regions.who())!
  }
  Object.assign(regions, { register: { ...register, swap } })
  await expect(regions.failOver('us')).rejects.toMatchObject({ code: 'not-leader' })
  expect(
    events(regions, 'failed_over')
      .map(({ metadata }) => metadata.epoch)
      .sort(),
  ).toEqual([2, 3])
})

it.each(['alternating-users', 'dual-password', 'issue-then-revoke'] as const)(
  '%s: after two fail-overs a retirement ends what was replaced before them',
  async strategy => {
    const regions = await begun(strategy)
    const old = regions.shown('eu')
    await regions.rotate({ force: true })
    await regions.failOver('us')
    await regions.failOver('ap')
    regions.clock.advance(RUN_LIFE + GRACE)
    await regions.replicate({}, 'ap')
    regions.clock.advance(GRACE)
    expect(regions.accepts(old)).toBe(true)
    expect(await regions.retire({}, 'ap')).toMatchObject({ outcome: 'retired' })
    expect(regions.accepts(old)).toBe(false)
    regions.clock.advance(DAY)
    expect(await regions.rotate({ force: true }, 'ap')).toMatchObject({ outcome: 'rotated' })
    for (const name of ['eu', ...followers]) expect(regions.works(name)).toBe(true)
  },
)

it('what a former leader has staged is left to its run, unless it is what the new one brings', async () => {
  const regions = await begun('single-user')
  const dies = async (): Promise<never> => {
    throw new RotationError('access-denied', 'Lost.')
  }
  const { set } = regions.target as { set: unknown }
  Object.assign(regions.target, { set: dies })
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  Object.assign(regions.target, { set })
  const { followers: reports } = await regions.failOver('us')
  expect(reports.find(({ follower }) => follower === 'ap')).toMatchObject({
    standing: 'unknown',
    error: { code: 'busy' },
  })
  expect(regions.stores.get('ap')!.peek('app').pending).toBeDefined()
})

it('a new leader’s store that answers from before its own time gives nothing out', async () => {
  const regions = await begun('alternating-users')
  const old = (await regions.state('us'))!
  await regions.rotate({ force: true })
  await regions.failOver('us')
  regions.faults.set('us', store => overridden(store, { describe: async () => old }))
  await expect(regions.replicate({}, 'us')).rejects.toMatchObject({ code: 'busy' })
  regions.heal('us')
  expect(regions.password_('ap')).toBe(regions.password_('us'))
  expect(await regions.replicate({}, 'us')).toMatchObject([{ standing: 'in-sync' }, { standing: 'in-sync' }])
})

it('a copy that was staged before somebody wrote there is brought anew, once a person says so', async () => {
  const regions = await begun('single-user')
  const promote = async (): Promise<never> => {
    throw new RotationError('access-denied', 'Not now.')
  }
  regions.faults.set('eu', store => overridden(store, { promote }))
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  regions.edit('us', { ...regions.shown('us'), username: 'stranger' })
  regions.heal('eu')
  expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
  expect(regions.shown('us').username).toBe('stranger')
  expect(await regions.replicate({ force: true, reason: 'agreed' })).toMatchObject([
    { follower: 'us', standing: 'in-sync' },
    { follower: 'ap', standing: 'in-sync' },
  ])
})

it('what somebody had put at a follower is never ended by the retirement of what has replaced it', async () => {
  const regions = await begun('alternating-users')
  const stranger = { ...regions.shown('ap'), username: 'stranger' }
  regions.server.setPassword('stranger', stranger.password)
  const old = regions.shown('eu')
  await regions.rotate({ force: true })
  regions.edit('ap', stranger)
  await regions.replicate({ force: true, reason: 'agreed' })
  await regions.failOver('ap')
  regions.clock.advance(RUN_LIFE + GRACE)
  await regions.replicate({}, 'ap')
  regions.clock.advance(GRACE)
  expect(await regions.retire({}, 'ap')).toMatchObject({ outcome: 'retired' })
  expect(regions.accepts(stranger)).toBe(true)
  expect(regions.accepts(old)).toBe(false)
})

it('a person may release the staging from a follower by name', async () => {
  const regions = await begun('single-user')
  regions.cut('us')
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'followers' })
  const release = { release: 'follower:us', reason: 'region given up', force: true } as const
  expect(await regions.rotate(release)).toMatchObject({ outcome: 'rotated' })
})

it('a worker that would stage what another one has promoted meanwhile is told so', async () => {
  const regions = await begun('dual-password')
  const promote = async (): Promise<never> => {
    throw new RotationError('access-denied', 'Not now.')
  }
  regions.faults.set('eu', store => overridden(store, { promote }))
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  regions.heal('eu')
  const slower = new Run(regions.as('eu'), regions.request(), regions.abort.signal)
  const id = (await regions.state('eu'))!.pending!.rotation
  const pending = await slower.read({ pending: id })
  expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
  await expect(prepareFollowers(slower, { id, pending })).rejects.toMatchObject({ code: 'stale' })
  for (const name of followers) expect(regions.stores.get(name)!.peek('app').pending).toBeUndefined()
})

it('current that another worker has just replaced is not taken for one that never worked', async () => {
  const regions = await begun('single-user')
  let others = 0
  const first = (store: SecretStore) =>
    overridden(store, {
      async describe(...args) {
        const state = await store.describe(...args)
        if (others++ === 0) await regions.rotate({ force: true })
        return state
      },
    })
  regions.faults.set('eu', first)
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'waiting' })
})

it('a new leader keeps on record which key the one before has asked for, until its run has ended', async () => {
  const regions = await begun('issue-then-revoke')
  const { issue } = regions.issuer
  const dies = async (): Promise<never> => {
    throw new RotationError('access-denied', 'Lost.')
  }
  Object.assign(regions.issuer, { issue: dies })
  await expect(regions.rotate({ force: true })).rejects.toMatchObject({ code: 'access-denied' })
  Object.assign(regions.issuer, { issue })
  await regions.failOver('us')
  const before = (await regions.state('us'))?.issuing
  const urgent = { type: 'emergency', force: true, reason: 'leaked' } as const
  regions.clock.advance(RUN_LIFE - 1_000)
  expect(await regions.rotate(urgent, 'us')).toMatchObject({ outcome: 'waiting', for: 'run-life' })
  expect((await regions.state('us'))?.issuing).toEqual(before)
})
