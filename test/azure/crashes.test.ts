/** Schedules that break a store on Key Vault which is written without care, one test each; and those that break this one too. */
import { describe, expect, test } from 'vitest'
import type { Call, RotationId, SecretState, VersionId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'app-db'
const SIBLING = 'app-db-lockstep-pending'
const one = `ls-${'1'.repeat(40)}` as RotationId
const two = `ls-${'2'.repeat(40)}` as RotationId
const value = SecretValue.of

class Scene extends Place {
  readonly a = this.store()
  readonly b = this.store()

  static async seeded(): Promise<{ scene: Scene; base: VersionId }> {
    const scene = new Scene()
    const base = scene.edit(ID, 'old') as VersionId
    scene.clock.time += 60_000
    return { scene, base }
  }

  state(store = this.a, call = this.call()): Promise<SecretState> {
    return store.describe(ID, call) as Promise<SecretState>
  }

  bring(rotation: RotationId, base: VersionId, text: string, store = this.a, call = this.call()) {
    return store.putPending(ID, { rotation, base, value: value(text) }, call)
  }

  /** Brought by a run that then died: whoever promotes has found it pending. */
  async rotated(rotation: RotationId, text: string, store = this.a): Promise<VersionId> {
    const { current } = await this.state(store)
    await this.bring(rotation, current.version, text, store)
    return (await store.promote(ID, { rotation, base: current.version }, this.call())).version
  }

  get consumed(): string {
    return this.vault.service.latestValue(ID)
  }

  versions(name = ID) {
    return [...(this.vault.service.find(name)?.versions.values() ?? [])]
  }

  /** At the nth request of that kind the process is gone: before the service has it, or before the answer is there. */
  async dying([op, nth, how]: Death, act: (call: Call) => Promise<unknown>): Promise<void> {
    const originals = [this.vault.faults, this.blobs.faults].map(faults => ({ faults, take: faults.take }))
    let seen = 0
    let dead = false
    for (const { faults } of originals)
      faults.take = each => {
        if (dead) return ['reset']
        dead = each === op && ++seen === nth
        return dead ? [how] : []
      }
    await expect(act(this.call())).rejects.toThrow()
    for (const { faults, take } of originals) faults.take = take
    expect(dead).toBe(true)
  }
}

type Death = readonly [op: string, nth: number, how: 'lost-answer' | 'reset']

describe('what this store withstands [fake]', () => {
  test('A sleeps before the journal, B pins its own value: A is answered the value of B', async () => {
    const { scene, base } = await Scene.seeded()
    let wake = () => {}
    const asleep = new Promise<void>(resolve => {
      wake = resolve
    })
    const handle = scene.a.putPending(ID, { rotation: one, base, value: value('of A') }, sleeping(scene, asleep))
    await scene.bring(one, base, 'of B', scene.b)
    wake()
    const held = await handle
    expect(held.value !== 'disabled' && held.value.reveal()).toBe('of B')
  })

  test('the value of a loser is the newest of the sibling: what is pinned is published', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.bring(one, base, 'pinned')
    scene.edit(SIBLING, 'newer', { tags: { 'lockstep-rotation': one } })
    await scene.a.promote(ID, { rotation: one, base }, scene.call())
    expect(scene.consumed).toBe('pinned')
  })

  test('nothing is published that is not on record: no journal, no publication', async () => {
    const { scene, base } = await Scene.seeded()
    scene.blobs.permissions.denyAction('test', 'blobs/write')
    await expect(scene.bring(one, base, 'new')).rejects.toThrow('blobs/write')
    await expect(scene.a.promote(ID, { rotation: one, base }, scene.call())).rejects.toThrow('not pending')
    expect(scene.versions()).toHaveLength(1)
  })

  test.each<Death>([
    ['SetSecret', 1, 'lost-answer'],
    ['PutBlob', 2, 'reset'],
  ])(
    'dies after the publication (%s %s, %s): described as published, promoted without a second one',
    async (...death) => {
      const { scene, base } = await Scene.seeded()
      await scene.bring(one, base, 'new')
      await scene.dying(death, call => scene.a.promote(ID, { rotation: one, base }, call))
      expect(scene.consumed).toBe('new')
      const { pending, anomaly } = await scene.state(scene.b)
      expect([pending?.published, anomaly]).toEqual([true, undefined])
      await scene.b.promote(ID, { rotation: one, base }, scene.call())
      expect(scene.versions()).toHaveLength(2)
      const state = await scene.state()
      expect([state.current.rotation, state.previous?.version, state.pending]).toEqual([one, base, undefined])
    },
  )

  test('dies after the publication, then a person edits: still published, and the edit stays', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.bring(one, base, 'new')
    await scene.dying(['PutBlob', 2, 'reset'], call => scene.a.promote(ID, { rotation: one, base }, call))
    const edit = scene.edit(ID, 'edited')
    const state = await scene.state(scene.b)
    expect([state.pending?.published, state.current.version]).toEqual([true, edit])
    await scene.b.promote(ID, { rotation: one, base }, scene.call())
    const after = await scene.state()
    expect([after.pending, after.previous?.version, after.anomaly]).toEqual([undefined, base, 'edited'])
    expect(scene.consumed).toBe('edited')
    expect(scene.versions()).toHaveLength(3)
  })

  test('no answer to the publication: looked for, not made again', async () => {
    const { scene, base } = await Scene.seeded()
    const call = scene.call()
    await scene.bring(one, base, 'new', scene.a, call)
    scene.vault.faults.next('SetSecret', 'lost-answer')
    await scene.a.promote(ID, { rotation: one, base }, call)
    expect(scene.versions()).toHaveLength(2)
  })

  test('the publication fails for all we know: nothing is set again before somebody has looked', async () => {
    const { scene, base } = await Scene.seeded()
    const call = scene.call()
    await scene.bring(one, base, 'new', scene.a, call)
    scene.vault.faults.next('SetSecret', 'error:500:InternalError')
    await expect(scene.a.promote(ID, { rotation: one, base }, call)).rejects.toMatchObject({ code: 'unknown' })
    expect(scene.vault.calls.list.filter(({ op, name }) => op === 'SetSecret' && name === ID)).toHaveLength(1)
    await scene.a.promote(ID, { rotation: one, base }, call)
    expect(scene.consumed).toBe('new')
  })

  test('no answer to a value that was brought: its version is found by its tag and its value', async () => {
    const { scene, base } = await Scene.seeded()
    scene.vault.faults.next('SetSecret', 'lost-answer')
    await scene.bring(one, base, 'new')
    expect(scene.versions(SIBLING)).toHaveLength(1)
    expect((await scene.state()).pending?.rotation).toBe(one)
  })

  test('the publication is repeated on its way: two versions with one value are one', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.bring(one, base, 'new')
    scene.vault.faults.next('SetSecret', 'twice')
    await scene.a.promote(ID, { rotation: one, base }, scene.call())
    const { current, anomaly } = await scene.state(scene.b)
    expect([scene.versions().length, current.rotation, anomaly]).toEqual([3, one, undefined])
    await scene.rotated(two, 'newer')
    expect(scene.consumed).toBe('newer')
  })

  test('a publication that was held lands after the rerun made its own: the same rotation, no anomaly, and the next one begins', async () => {
    const { scene, base } = await Scene.seeded()
    const call = scene.call()
    await scene.bring(one, base, 'new', scene.a, call)
    scene.vault.faults.next('SetSecret', 'held')
    await expect(scene.a.promote(ID, { rotation: one, base }, call)).rejects.toMatchObject({ code: 'unknown' })
    await scene.b.promote(ID, { rotation: one, base }, scene.call())
    await scene.bring(two, (await scene.state()).current.version, 'newer')
    expect(scene.vault.faults.release()).toBe(1)
    const state = await scene.state()
    expect([state.current.rotation, state.anomaly, state.pending?.base]).toEqual([
      one,
      undefined,
      state.current.version,
    ])
    await scene.b.promote(ID, { rotation: two, base: state.current.version }, scene.call())
    expect(scene.consumed).toBe('newer')
  })

  test('a lagging look at current shows an older version: `busy`, not an edit', async () => {
    const { scene, base } = await Scene.seeded()
    const current = await scene.rotated(one, 'new')
    scene.vault.faults.stale({ reads: 1, writes: 1 }, ['GetSecret'])
    await expect(scene.state()).rejects.toMatchObject({ code: 'busy' })
    expect((await scene.state()).current.version).toBe(current)
    expect(base).not.toBe(current)
  })

  test('A decided to discard, B says that it publishes: the discard lands on nothing', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.bring(one, base, 'new')
    const late = scene.call()
    await scene.state(scene.a, late)
    await scene.b.promote(ID, { rotation: one, base }, scene.call())
    await expect(scene.a.discardPending(ID, one, late)).rejects.toMatchObject({ code: 'stale' })
    expect((await scene.state()).current.rotation).toBe(one)
  })

  test('A has looked, B discards: A publishes nothing', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.bring(one, base, 'new')
    const [slow, other] = [scene.call(), scene.call()]
    await scene.state(scene.a, slow)
    await scene.state(scene.b, other)
    await scene.b.discardPending(ID, one, other)
    await expect(scene.a.promote(ID, { rotation: one, base }, slow)).rejects.toMatchObject({ code: 'stale' })
    expect(scene.consumed).toBe('old')
  })

  test.each(['the first', 'a later'])('%s rotation comes between the two looks of A: it is no edit', async which => {
    const { scene } = await Scene.seeded()
    if (which === 'a later') await scene.rotated(two, 'before')
    between(scene, () => scene.rotated(one, 'new', scene.b))
    const state = await scene.state()
    expect([state.current.rotation, state.anomaly]).toEqual([one, undefined])
    expect(state.promotedAt).toBeGreaterThan(scene.clock.time - 1_000)
  })

  test('previous is what a rotation has replaced: an edit, or the same publication once more', async () => {
    const { scene } = await Scene.seeded()
    await scene.rotated(one, 'new')
    const edit = scene.edit(ID, 'edited')
    scene.vault.faults.next('SetSecret', 'twice')
    const { current } = await scene.state()
    await scene.bring(two, current.version, 'newer')
    scene.vault.faults.next('SetSecret', 'twice')
    await scene.b.promote(ID, { rotation: two, base: current.version }, scene.call())
    expect((await scene.state()).previous?.version).toBe(edit)
    const again = (await scene.state()).current.version
    await scene.rotated(`ls-${'3'.repeat(40)}` as RotationId, 'newest')
    expect((await scene.state()).previous?.version).toBe(again)
  })

  test('A has looked, B rotates: A may not retire what is current', async () => {
    const { scene, base } = await Scene.seeded()
    await scene.rotated(one, 'new')
    const slow = scene.call()
    await scene.state(scene.a, slow)
    await scene.rotated(two, 'newer', scene.b)
    await expect(scene.a.claimRetire(ID, base, 60_000, slow)).rejects.toMatchObject({ code: 'stale' })
  })
})

describe('a late publication of an older rotation [fake]', () => {
  /** Rotation one's second publication lands after rotation two: what consumers read is older than what is recorded. */
  async function regressed(): Promise<Scene> {
    const { scene, base } = await Scene.seeded()
    const call = scene.call()
    await scene.bring(one, base, 'new', scene.a, call)
    scene.vault.faults.next('SetSecret', 'held')
    await expect(scene.a.promote(ID, { rotation: one, base }, call)).rejects.toMatchObject({ code: 'unknown' })
    await scene.b.promote(ID, { rotation: one, base }, scene.call())
    await scene.rotated(two, 'newer', scene.b)
    scene.vault.faults.release()
    return scene
  }

  test('cannot be fenced: consumers read it until the next run, which publishes what is recorded', async () => {
    const scene = await regressed()
    expect(scene.consumed).toBe('new')
    const call = scene.call()
    expect((await scene.state(scene.a, call)).anomaly).toBe('regressed')
    await scene.a.republish(ID, call)
    expect(scene.consumed).toBe('newer')
    const state = await scene.state()
    expect([state.anomaly, state.current.rotation]).toEqual([undefined, two])
  })

  test('a run that has looked before is not let repair: the journal is touched first', async () => {
    const scene = await regressed()
    const [torn, other] = [scene.call(), scene.call()]
    await scene.state(scene.a, torn)
    await scene.state(scene.b, other)
    await scene.b.republish(ID, other)
    await expect(scene.a.republish(ID, torn)).rejects.toMatchObject({ code: 'stale' })
    expect(scene.consumed).toBe('newer')
  })

  test('a person’s edit over it stays', async () => {
    const scene = await regressed()
    const call = scene.call()
    expect((await scene.state(scene.a, call)).anomaly).toBe('regressed')
    scene.edit(ID, 'edited')
    await scene.a.republish(ID, call)
    expect(scene.consumed).toBe('edited')
  })

  test('a repair that dies after its publication is finished by the next look', async () => {
    const scene = await regressed()
    await scene.dying(['PutBlob', 2, 'reset'], async call => {
      await scene.state(scene.a, call)
      await scene.a.republish(ID, call)
    })
    const state = await scene.state(scene.b)
    expect([scene.consumed, state.anomaly, state.current.rotation]).toEqual(['newer', undefined, two])
  })
})

describe('what nothing can fence on Key Vault [fake]', () => {
  test('an edit between the last look and the publication is buried, and nobody is told', async () => {
    const { scene, base } = await Scene.seeded()
    const call = scene.call()
    await scene.bring(one, base, 'new', scene.a, call)
    const take = scene.vault.faults.take.bind(scene.vault.faults)
    scene.vault.faults.take = op => {
      if (op === 'SetSecret') scene.edit(ID, 'edited')
      return take(op)
    }
    const done = await scene.a.promote(ID, { rotation: one, base }, call)
    expect([scene.consumed, done]).toEqual(['new', { version: done.version, already: false }])
    expect(scene.versions().map(each => each.value)).toContain('edited')
  })

  test('an edit after the claim of a retirement, which a lagging look does not show, is not seen', async () => {
    const { scene, base } = await Scene.seeded()
    const current = await scene.rotated(one, 'new')
    const call = scene.call()
    await scene.state(scene.a, call)
    await scene.a.claimRetire(ID, base, 60_000, call)
    const edit = scene.edit(ID, 'old')
    scene.vault.faults.stale({ reads: 1, writes: 1 }, ['GetSecret'])
    expect((await scene.state(scene.a, call)).current.version).toBe(current)
    expect((await scene.state(scene.a, call)).current.version).toBe(edit)
  })

  test('an edit at any other moment stays, or stops the rotation', async () => {
    for (let nth = 1; nth <= 4; nth++) {
      const { scene, base } = await Scene.seeded()
      const call = scene.call()
      await scene.state(scene.a, call)
      const take = scene.vault.faults.take.bind(scene.vault.faults)
      let seen = 0
      scene.vault.faults.take = op => {
        if (++seen === nth) scene.edit(ID, 'edited')
        return take(op)
      }
      await scene
        .bring(one, base, 'new', scene.a, call)
        .then(() => scene.a.promote(ID, { rotation: one, base }, call))
        .catch(() => undefined)
      if (nth !== 4) expect([nth, scene.consumed]).toEqual([nth, 'edited'])
    }
  })
})

/** A call whose first write of the journal waits. */
function sleeping(scene: Scene, asleep: Promise<void>): Call {
  const call = scene.call()
  const { blobs } = scene
  const real = blobs.httpClient.sendRequest
  let slept = false
  blobs.httpClient.sendRequest = async request => {
    if (request.method === 'PUT' && !slept) {
      slept = true
      await asleep
    }
    return real(request)
  }
  return call
}

/** Between the next read of a journal and the look at current that follows it. */
function between(scene: Scene, act: () => Promise<unknown>): void {
  const { httpClient } = scene.vault
  const real = httpClient.sendRequest
  httpClient.sendRequest = async request => {
    httpClient.sendRequest = real
    await act()
    return real(request)
  }
}
