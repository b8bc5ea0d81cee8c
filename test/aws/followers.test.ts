/** A leader in Secrets Manager, its native replica, and a copy in another region and account [fake]. */
import { beforeEach, describe, expect, it } from 'vitest'
import { page } from '../docs/blocks.ts'
import { AP, AwsRegions, DAY, EU, GRACE, ID, RUN_LIFE } from './followers-support.ts'

let regions: AwsRegions
beforeEach(async () => {
  regions = new AwsRegions()
  await regions.replicated()
  await regions.replicate()
})

describe('a rotation with a native replica and a copy in another account [fake]', () => {
  it('is seen by both in their own regions, and the replica’s was never written', async () => {
    const result = await regions.rotate()
    expect(result).toMatchObject({ outcome: 'rotated' })
    expect(result.outcome === 'rotated' && result.followers).toMatchObject([
      { follower: 'ireland', standing: 'in-sync', written: false, sequence: 2 },
      { follower: 'mumbai', standing: 'in-sync', written: true, sequence: 2 },
    ])
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
    expect(regions.works('mumbai')).toBe(true)
    expect(regions.writesIn(EU)).toEqual([])
    expect(regions.home.calls.list.some(({ region }) => region === EU)).toBe(true)
    expect(await regions.drift()).toMatchObject({ drifted: 0 })
  })

  it('ends nothing while the replica lags; then its consumers’ grace counts from the first sight', async () => {
    const old = regions.shown('ireland')
    regions.home.service.replication.pause(EU)
    expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
    expect(regions.same('virginia', 'ireland')).toBe(false)
    regions.clock.advance(30 * DAY)
    expect(await regions.retire()).toMatchObject({
      outcome: 'waiting',
      for: 'followers',
      why: expect.stringContaining('ireland'),
    })
    expect(regions.server.wouldAccept(old)).toBe(true)
    regions.home.service.replication.resume(EU)
    const seen = regions.clock.now()
    expect(await regions.retire()).toMatchObject({ outcome: 'waiting', for: 'grace' })
    const { shown } = (await regions.who())!
    expect(shown.ireland).toMatchObject({ sequence: 2 })
    expect(shown.ireland!.at).toBeGreaterThanOrEqual(seen)
    regions.clock.advance(GRACE)
    expect(await regions.retire()).toMatchObject({ outcome: 'retired' })
    expect(regions.server.wouldAccept(old)).toBe(false)
    expect(regions.works('ireland')).toBe(true)
  })

  it('is held up by a region that is switched off, of which nothing is known', async () => {
    await regions.rotate()
    regions.off.add(EU)
    regions.clock.advance(DAY)
    expect(await regions.retire()).toMatchObject({ outcome: 'waiting', for: 'followers' })
    expect(await regions.replicate()).toMatchObject([
      { follower: 'ireland', standing: 'unknown', error: { code: 'store-unavailable' } },
      { follower: 'mumbai', standing: 'in-sync' },
    ])
    expect(await regions.retire({ release: 'follower:ireland', reason: 'given up' })).toMatchObject({
      outcome: 'retired',
    })
  })

  it('says which permission another account’s follower lacks, and brings the others up', async () => {
    regions.other.permissions.denyAction('mumbai', 'UpdateSecretVersionStage')
    const result = await regions.rotate()
    expect(result.outcome === 'rotated' && result.followers).toMatchObject([
      { follower: 'ireland', standing: 'in-sync' },
      {
        follower: 'mumbai',
        standing: 'unknown',
        error: {
          code: 'access-denied',
          message: `secretsmanager:UpdateSecretVersionStage on ${ID} is not allowed.`,
        },
      },
    ])
    regions.other.permissions.reset('mumbai')
    expect(await regions.replicate()).toMatchObject([{ standing: 'in-sync' }, { standing: 'in-sync', written: true }])
  })

  it('says that a replica is configured and absent', async () => {
    const alone = new AwsRegions()
    expect(await alone.replicate()).toMatchObject([
      { follower: 'ireland', standing: 'unknown', error: { code: 'secret-not-found' } },
      { follower: 'mumbai', standing: 'in-sync', written: true },
    ])
    expect(await alone.rotate()).toMatchObject({ outcome: 'waiting', for: 'followers' })
  })

  it('refuses a follower that Secrets Manager rotates itself', async () => {
    const rotated = new AwsRegions()
    await rotated.replicated()
    const value = rotated.value(rotated.shown('virginia')).reveal()
    rotated.other.service.createSecret({ name: ID, value, rotation: { lambdaArn: 'arn:aws:lambda:…:their-own' } })
    const next = expect.stringContaining('rotate-secret')
    expect(await rotated.replicate()).toMatchObject([
      { follower: 'ireland', standing: 'in-sync' },
      { follower: 'mumbai', standing: 'unknown', error: { code: 'refused', next } },
    ])
    expect([...rotated.other.service.peek(ID).versions.values()]).toHaveLength(1)
    expect(await rotated.rotate()).toMatchObject({ outcome: 'waiting', for: 'followers' })
  })
})

/** Of each kind of member, from the page. */
const documented = (() => {
  const rows = page('docs/followers/aws.md')
    .split('\n')
    .filter(line => /^\| (leads|native)/.test(line))
  const [written, replica, lead] = rows.map(row => row.split('|')[2]!.match(/[A-Z]\w+/g) ?? [])
  return { written: written!, replica: replica!, leads: [...written!, ...lead!] }
})()

describe('with a gap [fake]', () => {
  it('the pending value is staged where copies are written: not at a replica, but at one that stands alone', async () => {
    regions = new AwsRegions('single-user')
    await regions.replicated()
    await regions.replicate()
    const pendingAt: Record<string, boolean> = {}
    regions.beforeSet = () => {
      pendingAt.mumbai = pendingIn(regions.other, AP)
      pendingAt.ireland = regions.writesIn(EU).includes('PutSecretValue')
    }
    expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
    expect(pendingAt).toEqual({ mumbai: true, ireland: false })
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
    await regions.failOver('mumbai')
    regions.clock.advance(2 * DAY)
    await regions.retire({}, 'mumbai')
    expect(await regions.rotate('mumbai')).toMatchObject({ outcome: 'rotated' })
    expect(pendingAt.ireland).toBe(true)
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
  })
})

const pendingIn = (fake: AwsRegions['home'], region: string): boolean =>
  [...fake.service.peek(ID, region).versions.values()].some(({ stages }) => stages.includes('AWSPENDING'))

describe('the permissions that docs/followers/aws.md lists [fake]', () => {
  const granted = (wanting?: string, member?: string) => {
    const of = (fake: AwsRegions['home'], key: string, actions: readonly string[]) =>
      fake.permissions.grant(key, key === member ? actions.filter(each => each !== wanting) : actions)
    of(regions.home, 'virginia', documented.written)
    of(regions.home, 'ireland', documented.replica)
    of(regions.other, 'mumbai', documented.written)
    of(regions.third, 'register', documented.written)
  }

  it('are enough for rotations and retirements, and then for a fail-over to the replica', async () => {
    granted()
    expect(await regions.replicate()).toMatchObject([{ standing: 'in-sync' }, { standing: 'in-sync' }])
    const result = await regions.rotate()
    expect(result).toMatchObject({ followers: [{ standing: 'in-sync' }, { standing: 'in-sync' }] })
    regions.clock.advance(DAY)
    expect(await regions.retire()).toMatchObject({ outcome: 'retired' })
    regions.home.permissions.grant('ireland', documented.leads)
    expect(await regions.failOver('ireland')).toMatchObject({ followers: [{}, {}] })
    regions.clock.advance(2 * DAY)
    expect(await regions.rotate('ireland')).toMatchObject({ outcome: 'rotated' })
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
  })

  it.each(['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'])(
    'are each needed at a follower: %s is named',
    async action => {
      granted(action, 'mumbai')
      const result = await regions.rotate()
      const { message } = (result.outcome === 'rotated' && result.followers?.[1]?.error) || { message: '' }
      const named = result.outcome === 'waiting' ? (await regions.replicate())[1]?.error?.message : message
      expect(named).toBe(`secretsmanager:${action} on ${ID} is not allowed.`)
    },
  )
})

describe('a fail-over to the native replica [fake]', () => {
  it('makes it a secret of its own that leads; the old leader comes back and follows', async () => {
    await regions.rotate()
    regions.off.add('us-east-1')
    expect(await regions.failOver('ireland')).toMatchObject({ from: 'virginia', to: 'ireland', epoch: 2, lost: 0 })
    expect(regions.writesIn(EU)).toContain('StopReplicationToReplica')
    regions.clock.advance(RUN_LIFE + GRACE)
    const [lost] = await regions.replicate({}, 'ireland')
    expect(lost).toMatchObject({ follower: 'virginia', standing: 'unknown' })
    regions.off.delete('us-east-1')
    expect(await regions.rotate()).toMatchObject({ outcome: 'standing-by' })
    expect(await regions.replicate({}, 'ireland')).toMatchObject([
      { follower: 'virginia', standing: 'in-sync', epoch: 2, written: true },
      { follower: 'mumbai', standing: 'in-sync', epoch: 2 },
    ])
    expect(await regions.retire({}, 'ireland')).toMatchObject({ outcome: 'waiting', for: 'grace' })
    regions.clock.advance(GRACE)
    expect(await regions.retire({}, 'ireland')).toMatchObject({ outcome: 'retired' })
    regions.clock.advance(DAY)
    expect(await regions.rotate('ireland')).toMatchObject({ outcome: 'rotated' })
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
    expect(regions.works('ireland')).toBe(true)
    expect(await regions.drift('ireland')).toMatchObject({ drifted: 0 })
  })

  it('is refused while the replica lags, unless the loss is accepted', async () => {
    regions.home.service.replication.pause(EU)
    await regions.rotate()
    regions.off.add('us-east-1')
    await expect(regions.failOver('ireland')).rejects.toMatchObject({ code: 'follower-behind' })
    expect(regions.writesIn(EU)).toEqual([])
    expect(await regions.failOver('ireland', { acceptOlder: true })).toMatchObject({ lost: 1, epoch: 2 })
    expect(regions.works('ireland')).toBe(true)
    expect(regions.same('ireland', 'mumbai')).toBe(true)
  })

  it('that is not allowed names the action, and is finished by a repetition', async () => {
    await regions.rotate()
    regions.off.add('us-east-1')
    regions.home.permissions.denyAction('ireland', 'StopReplicationToReplica')
    await expect(regions.failOver('ireland')).rejects.toMatchObject({
      code: 'access-denied',
      message: `secretsmanager:StopReplicationToReplica on ${ID} is not allowed.`,
    })
    regions.home.permissions.reset('ireland')
    expect(await regions.failOver('ireland')).toMatchObject({ already: true, epoch: 2 })
    regions.clock.advance(RUN_LIFE + GRACE)
    regions.off.delete('us-east-1')
    await regions.replicate({}, 'ireland')
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
  })
})

describe('a fail-over to the copy in the other account [fake]', () => {
  it('leaves the replica of the lost leader to be written like any other', async () => {
    await regions.rotate()
    regions.off.add('us-east-1')
    expect(await regions.failOver('mumbai')).toMatchObject({ to: 'mumbai', epoch: 2, lost: 0 })
    regions.clock.advance(RUN_LIFE + GRACE + DAY)
    expect(await regions.replicate({}, 'mumbai')).toMatchObject([
      { follower: 'virginia', standing: 'unknown' },
      { follower: 'ireland', standing: 'in-sync', epoch: 2 },
    ])
    regions.off.delete('us-east-1')
    await regions.replicate({}, 'mumbai')
    regions.clock.advance(DAY)
    await regions.retire({}, 'mumbai')
    expect(await regions.rotate('mumbai')).toMatchObject({ outcome: 'rotated' })
    expect(regions.same('virginia', 'ireland', 'mumbai')).toBe(true)
    expect(regions.works('ireland')).toBe(true)
    expect(await regions.failOver('virginia')).toMatchObject({ to: 'virginia', epoch: 3, lost: 0 })
    expect(await regions.drift()).toMatchObject({ drifted: 0 })
    regions.clock.advance(2 * DAY)
    await regions.retire()
    const back = await regions.rotate()
    expect(back.outcome === 'rotated' && back.followers).toMatchObject([
      { follower: 'ireland', standing: 'in-sync', written: true },
      { follower: 'mumbai', standing: 'in-sync', written: true },
    ])
  })

  it('overwrites what a lagging replica of the lost leader holds: that leader had given it out', async () => {
    regions.home.service.replication.pause(EU)
    await regions.rotate()
    regions.off.add('us-east-1')
    expect(await regions.failOver('mumbai')).toMatchObject({
      followers: [{ standing: 'unknown' }, { follower: 'ireland', standing: 'in-sync', written: true }],
    })
    expect(regions.same('ireland', 'mumbai')).toBe(true)
  })
})
