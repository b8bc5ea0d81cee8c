/** Rule 10, sizes: what a follower cannot hold is found out before the leader has a new value. */
import { expect, it } from 'vitest'
import type { SecretStore } from '../../core/ports/secret-store.ts'
import { overridden, Regions } from '../core/replication/support.ts'

const holding = (maxValueBytes: number) => (store: SecretStore) =>
  overridden(store, { capabilities: { ...store.capabilities, maxValueBytes } })

async function begun(more: Partial<ConstructorParameters<typeof Regions>[0]> = {}) {
  const regions = new Regions({ strategy: 'alternating-users', ...more })
  await regions.replicate()
  return regions
}

const tooLarge = { code: 'value-unsuitable', message: expect.stringContaining('copy for ap') }

it.each([[[]], [['ap']]])(
  'too large for a follower: refused, and the leader has nothing pending; best effort: %s',
  async bestEffort => {
    const regions = await begun({ bestEffort })
    regions.faults.set('ap', holding(20))
    await expect(regions.rotate({ force: true })).rejects.toMatchObject(tooLarge)
    expect((await regions.state('eu'))?.pending).toBeUndefined()
    expect((await regions.state('us'))?.pending).toBeUndefined()
    regions.heal('ap')
    expect(await regions.rotate()).toMatchObject({ outcome: 'rotated' })
  },
)

it('it is the copy that has to fit, with the fields that it has for itself', async () => {
  const regions = await begun({ fields: { ap: { note: 'h'.repeat(100) } } })
  const { byteLength } = regions.stores.get('eu')!.peek('app').current
  regions.faults.set('ap', holding(byteLength + 50))
  await expect(regions.rotate({ force: true })).rejects.toMatchObject(tooLarge)
})

it('an emergency is not held up by it', async () => {
  const regions = await begun({ bestEffort: ['ap'] })
  regions.faults.set('ap', holding(20))
  const old = regions.shown('eu')
  const [first] = await regions.revokeNow({ type: 'emergency', reason: 'leaked' })
  expect(first).toMatchObject({ outcome: 'rotated' })
  expect(regions.shown('eu')).not.toEqual(old)
})

it('a follower that cannot be opened holds up nothing here', async () => {
  const regions = await begun({ bestEffort: ['ap'] })
  const { members } = regions
  const open = async (): Promise<never> => {
    throw new Error('no driver')
  }
  Object.defineProperty(regions, 'members', { value: members.map(m => (m.name === 'ap' ? { ...m, open } : m)) })
  expect(await regions.rotate({ force: true })).toMatchObject({ outcome: 'rotated' })
})
