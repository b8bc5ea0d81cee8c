/**
 * What an old leader, a person, and a request that was held up on the way can do at a follower, by the kind of its store: the facts of
 * the table in docs/followers/stores.md [fake; the local store is real].
 */
import { describe, expect, it } from 'vitest'
import type { SecretStore } from '../../core/ports/secret-store.ts'
import type { MemberStore } from '../../core/replication/replication.ts'
import { overridden } from '../core/replication/support.ts'
import type { Kind } from './sites.ts'
import { DAY, Wired } from './support.ts'

const inSync = { standing: 'in-sync' }
const kinds: readonly Kind[] = ['aws', 'gcp alias', 'gcp latest', 'azure', 'local']

/** `three` leads since epoch 2, and everybody has what it has; answers what `two` showed of epoch 1. */
async function overtaken(world: Wired): Promise<string> {
  const older = await world.site('two').shown()
  await world.failOver('three')
  world.clock.advance(DAY)
  expect(await world.replicate({}, 'three')).toMatchObject([inSync, inSync])
  world.clock.advance(DAY)
  await world.retire({}, 'three')
  expect(await world.rotate({ force: true }, 'three')).toMatchObject({
    outcome: 'rotated',
    followers: [inSync, inSync],
  })
  return older
}

describe.each(kinds)('a follower of kind %s [fake]', kind => {
  it('a run of the old leader that goes on after a later copy changes nothing', async () => {
    const world = await Wired.of(['local', kind, 'local'])
    await world.replicate()
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    world.faults.set('two', store => {
      const promote: SecretStore['promote'] = async (...args) => {
        begun.resolve()
        await goOn.promise
        return store.promote(...args)
      }
      return overridden(store, { promote })
    })
    const late = world.rotate({ force: true })
    await begun.promise
    world.heal('two')
    await world.failOver('three', { acceptOlder: true })
    world.clock.advance(DAY)
    expect(await world.replicate({}, 'three')).toMatchObject([inSync, inSync])
    const shown = await world.site('two').shown()
    goOn.resolve()
    expect(await late).toMatchObject({ followers: [{ follower: 'two', written: false, error: {} }, {}] })
    expect(await world.site('two').shown()).toBe(shown)
    expect(await world.drift('three')).toMatchObject({ drifted: 0 })
  })

  it('what a person puts there between look and promotion stays, and is reported', async () => {
    const world = await Wired.of(['local', kind, 'local'])
    await world.replicate()
    const strange = world.value({ ...(await world.shown('two')), username: 'stranger' }).reveal()
    world.faults.set('two', store => {
      const promote: SecretStore['promote'] = async (...args) => {
        await world.site('two').edit(strange)
        return store.promote(...args)
      }
      return overridden(store, { promote })
    })
    expect(await world.rotate({ force: true })).toMatchObject({
      outcome: 'rotated',
      followers: [{ follower: 'two', standing: 'unknown', error: { code: 'conflict' } }, inSync],
    })
    expect(await world.site('two').shown()).toBe(strange)
    world.heal('two')
    expect(await world.replicate()).toMatchObject([{ standing: 'foreign' }, inSync])
  })
})

it.each(kinds.filter(kind => kind !== 'azure'))(
  '%s: a first copy that comes late is made over nothing [fake]',
  async kind => {
    const world = await Wired.of(['local', kind, 'local'])
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const create = async (...args: Parameters<NonNullable<MemberStore['create']>>) => {
      reached.resolve()
      await goOn.promise
      await world.site('two').store.create!(...args)
    }
    world.faults.set('two', store => overridden<MemberStore>(store, { create }))
    const late = world.replicate()
    await reached.promise
    world.heal('two')
    await world.replicate()
    await world.rotate({ force: true })
    const shown = await world.site('two').shown()
    goOn.resolve()
    await late.catch(() => undefined)
    expect(await world.site('two').shown()).toBe(shown)
    expect(await world.drift()).toMatchObject({ drifted: 0 })
  },
)

describe('what a person puts there after the last look, in the round trip of the publication', () => {
  const strange = (world: Wired) => world.value({ ...world.current, username: 'stranger' }).reveal()

  it('Key Vault: it is put over, and nobody is told [fake]', async () => {
    const world = await Wired.of(['local', 'azure', 'local'])
    await world.replicate()
    world.site('two').before = () => world.site('two').edit(strange(world))
    const { followers } = (await world.rotate({ force: true })) as { followers?: readonly object[] }
    expect(followers).toMatchObject([inSync, inSync])
    expect(followers![0]).not.toHaveProperty('overwrote')
    expect(await world.cutOff()).toEqual([])
  })

  it('Secret Manager, latest: it is put over, and reported with its version [fake]', async () => {
    const world = await Wired.of(['local', 'gcp latest', 'local'])
    await world.replicate()
    world.site('two').before = () => world.site('two').edit(strange(world))
    expect(await world.rotate({ force: true })).toMatchObject({ followers: [{ ...inSync, overwrote: ['3'] }, inSync] })
    const told = world.events.find(({ metadata }) => metadata.follower === 'two' && metadata.overwrote !== undefined)
    expect(told).toMatchObject({ event_type: 'follower_updated', metadata: { overwrote: '3' } })
    expect(await world.cutOff()).toEqual([])
  })
})

describe('a publication that was held up on the way, and lands after a later copy', () => {
  it('Key Vault: it is put over, and the next visit puts back what is on record [fake]', async () => {
    const world = await Wired.of(['local', 'azure', 'local'])
    await world.replicate()
    const { faults, service } = world.clouds.vault!
    world.faults.set('two', store => {
      const promote: SecretStore['promote'] = (...args) => {
        faults.next('SetSecret', 'held')
        return store.promote(...args)
      }
      return overridden(store, { promote })
    })
    await world.rotate({ force: true })
    world.heal('two')
    await overtaken(world)
    const shown = await world.site('two').shown()
    expect(faults.release()).toBe(1)
    expect(service.latestValue('app', 'kv-two')).not.toBe(shown)
    expect(await world.drift('three')).toMatchObject({ drifted: 1, followers: [inSync, { standing: 'behind' }] })
    expect(await world.replicate({}, 'three')).toMatchObject([inSync, inSync])
    expect(await world.site('two').shown()).toBe(shown)
  })

  it('Secret Manager, latest: it is read, and is reported until a person decides [fake]', async () => {
    const world = await Wired.of(['local', 'gcp latest', 'local'])
    await world.replicate()
    const older = await overtaken(world)
    await world.site('two').edit(older)
    expect(await world.drift('three')).toMatchObject({ drifted: 1, followers: [inSync, { standing: 'foreign' }] })
    expect(await world.replicate({}, 'three')).toMatchObject([inSync, { error: { code: 'follower-foreign' } }])
    expect(await world.replicate({ force: true, reason: 'late' }, 'three')).toMatchObject([inSync, inSync])
    expect(await world.drift('three')).toMatchObject({ drifted: 0 })
  })
})
