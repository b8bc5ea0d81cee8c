/**
 * Schedules that break a store on Secret Manager which is written without care, one test each. Planted: what has lost left in place,
 * the newest of the sibling taken for pending, a disabled version taken for none, a patch without its etag: each failed here.
 */
import { describe, expect, test } from 'vitest'
import type { Call, RotationId, SecretState, VersionId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { GcpSecretStore, ReadBy } from '../../gcp/secret-store.ts'
import { byAlias, Place } from './support.ts'

const ID = 'app-db'
const SIBLING = 'app-db-lockstep-pending'
const one = `ls-${'1'.repeat(40)}` as RotationId
const two = `ls-${'2'.repeat(40)}` as RotationId
const value = SecretValue.of

class Scene extends Place {
  readonly readBy: ReadBy
  readonly a: GcpSecretStore
  readonly b: GcpSecretStore
  base = '' as VersionId

  private constructor(readBy: ReadBy) {
    super()
    this.readBy = readBy
    this.a = this.store(readBy)
    this.b = this.store(readBy)
  }

  static async open(readBy: ReadBy): Promise<Scene> {
    const scene = new Scene(readBy)
    const aliases = readBy === 'latest' ? [] : ['current']
    scene.fake.service.createSecret({ id: ID, value: 'old', aliases })
    scene.base = (await scene.state()).current.version
    return scene
  }

  state(store = this.a, call = this.call()): Promise<SecretState> {
    return store.describe(ID, call) as Promise<SecretState>
  }

  bring(
    text: string,
    store = this.a,
    { rotation = one, call = this.call() }: { rotation?: RotationId; call?: Call } = {},
  ) {
    return store.putPending(ID, { rotation, base: this.base, value: value(text) }, call)
  }

  promote(store = this.a, { rotation = one, call = this.call() }: { rotation?: RotationId; call?: Call } = {}) {
    return store.promote(ID, { rotation, base: this.base }, call)
  }

  /** What consumers read: all that are enabled, and what they hold. */
  get consumed(): string {
    const { aliases, versions } = this.fake.service.peek(ID)
    return versions.get(this.readBy === 'latest' ? Math.max(...versions.keys()) : aliases.current!)!.value!
  }

  states(id = ID): readonly string[] {
    return [...this.fake.service.peek(id).versions.values()].map(({ state, value: text }) => `${text ?? ''} ${state}`)
  }

  /** `act` happens directly before the service looks at the nth request of that operation from now on. */
  before(op: string, nth: number, act: () => unknown): void {
    const { faults } = this.fake
    const { take } = faults
    let seen = 0
    faults.take = asked => {
      if (asked === op && ++seen === nth) {
        faults.take = take
        act()
      }
      return take.call(faults, asked)
    }
  }
}

const failing = (action: Promise<unknown>): Promise<{ code: string }> =>
  action.then(
    () => expect.unreachable(),
    error => error,
  )

describe('read by an alias [fake]', () => {
  test('dies between the value and its record: the next run brings another, and one is pinned', async () => {
    const scene = await Scene.open(byAlias)
    scene.fake.faults.next('UpdateSecret', 'reset')
    expect((await failing(scene.bring('first'))).code).toBe('unknown')
    expect((await scene.state()).pending).toBeUndefined()
    const { version } = await scene.bring('second', scene.b)
    expect((await scene.promote(scene.b)).version).toBe(version)
    expect([scene.consumed, scene.states()]).toEqual(['second', ['old ENABLED', 'first ENABLED', 'second ENABLED']])
  })

  test('its record is written and the answer lost, B promotes that version: A leaves it alone', async () => {
    const scene = await Scene.open(byAlias)
    scene.fake.faults.next('UpdateSecret', 'lost-answer')
    const call = scene.call()
    expect((await failing(scene.bring('new', scene.a, { call }))).code).toBe('unknown')
    await scene.promote(scene.b)
    expect((await failing(scene.bring('new', scene.a, { call }))).code).toMatch(/^(stale|discarded)$/)
    expect([scene.consumed, scene.states().at(-1)]).toEqual(['new', 'new ENABLED'])
  })

  test('A and B bring at once: the loser’s is destroyed, the winner’s is answered to both', async () => {
    const scene = await Scene.open(byAlias)
    const [first, second] = await Promise.all([scene.bring('of A'), scene.bring('of B', scene.b)])
    expect(first.version).toBe(second.version)
    expect(scene.states().toSorted()).toEqual([' DESTROYED', expect.stringMatching(/^of [AB] ENABLED$/), 'old ENABLED'])
  })

  test('an edit in the moment of the promotion stays: the run hears of a conflict', async () => {
    const scene = await Scene.open(byAlias)
    const call = scene.call()
    await scene.bring('new', scene.a, { call })
    scene.before('UpdateSecret', 1, () => {
      const number = scene.fake.service.putAsPerson(ID, 'edited')
      scene.fake.service.patchAsPerson(ID, { versionAliases: { current: number } } as object)
    })
    expect((await failing(scene.promote(scene.a, { call }))).code).toBe('conflict')
    expect(scene.consumed).toBe('edited')
  })

  test('a promotion that lands after a later one is refused', async () => {
    const scene = await Scene.open(byAlias)
    const late = scene.call()
    await scene.bring('new', scene.a, { call: late })
    await scene.promote(scene.b)
    const call = scene.call()
    const { current } = await scene.state(scene.b, call)
    await scene.b.putPending(ID, { rotation: two, base: current.version, value: value('newer') }, call)
    await scene.b.promote(ID, { rotation: two, base: current.version }, call)
    expect((await failing(scene.promote(scene.a, { call: late }))).code).toBe('stale')
    expect(scene.consumed).toBe('newer')
  })
})

describe('read as latest [fake]', () => {
  test('a value of an older rotation is the newest of the sibling: it is not taken for this one’s', async () => {
    const scene = await Scene.open('latest')
    await scene.bring('pinned')
    const envelope = JSON.stringify({ rotation: two, value: Buffer.from('of another').toString('base64') })
    scene.fake.service.putAsPerson(SIBLING, envelope)
    await scene.promote(scene.b)
    expect(scene.consumed).toBe('pinned')
  })

  test('discarded, and the run dies; the rerun reads a record of before: no second value, and it may not set the first', async () => {
    const scene = await Scene.open('latest')
    await scene.bring('new')
    const call = scene.call()
    await scene.state(scene.a, call)
    await scene.a.discardPending(ID, one, call)
    scene.fake.faults.stale({ reads: 1, writes: 1 }, ['GetSecret'])
    const rerun = scene.call()
    await scene.bring('second', scene.b, { call: rerun })
    expect(scene.states(SIBLING)).toHaveLength(1)
    const setAt = scene.clock.time
    expect((await failing(scene.b.note(ID, { setAt }, rerun))).code).toBe('stale')
    expect((await failing(scene.bring('second', scene.b))).code).toBe('discarded')
    expect((await scene.state()).pending).toBeUndefined()
  })

  test('no answer to the publication, which was not applied, then an edit: it stays, and the run stops', async () => {
    const scene = await Scene.open('latest')
    const call = scene.call()
    await scene.bring('new', scene.a, { call })
    scene.before('AddSecretVersion', 1, () => scene.fake.faults.next('AddSecretVersion', 'reset'))
    expect((await failing(scene.promote(scene.a, { call }))).code).toBe('unknown')
    scene.fake.service.putAsPerson(ID, 'edited')
    expect((await failing(scene.promote(scene.b))).code).toBe('conflict')
    expect([scene.consumed, scene.states()]).toEqual(['edited', ['old ENABLED', 'edited ENABLED']])
  })

  test('an edit in the moment of the publication is put over, and reported', async () => {
    const scene = await Scene.open('latest')
    const call = scene.call()
    await scene.bring('new', scene.a, { call })
    scene.before('AddSecretVersion', 1, () => scene.fake.service.putAsPerson(ID, 'edited'))
    expect(await scene.promote(scene.a, { call })).toEqual({ version: '3', already: false, overwrote: ['2'] })
    expect([scene.consumed, scene.states()]).toEqual(['new', ['old ENABLED', 'edited ENABLED', 'new ENABLED']])
  })

  test.each(['DISABLED', 'DESTROYED'] as const)(
    'the version after the base is %s: nothing is published over it',
    async state => {
      const scene = await Scene.open('latest')
      await scene.bring('new')
      scene.fake.service.putAsPerson(ID, 'edited')
      scene.fake.service.setVersionState(ID, 2, state)
      expect((await scene.state()).current.version).toBe('2')
      expect((await failing(scene.promote())).code).toBe('conflict')
      expect(scene.states()).toHaveLength(2)
    },
  )

  test('dies before the publication: nothing on record says that it was made', async () => {
    const scene = await Scene.open('latest')
    const call = scene.call()
    await scene.bring('new', scene.a, { call })
    scene.before('AddSecretVersion', 1, () => scene.fake.faults.every('*', 'reset'))
    await failing(scene.promote(scene.a, { call }))
    scene.fake.faults.clear()
    const { current, pending } = await scene.state(scene.b)
    expect([current.version, pending?.published, scene.consumed]).toEqual([scene.base, false, 'old'])
    await scene.promote(scene.b)
    expect((await scene.state()).current.rotation).toBe(one)
  })

  test('dies after the publication, then a person edits: still published, and the edit stays', async () => {
    const scene = await Scene.open('latest')
    const call = scene.call()
    await scene.bring('new', scene.a, { call })
    scene.fake.faults.next('UpdateSecret', 'reset')
    await failing(scene.promote(scene.a, { call }))
    scene.fake.service.putAsPerson(ID, 'edited')
    expect((await scene.state(scene.b)).pending?.published).toBe(true)
    await scene.promote(scene.b)
    const { pending, anomaly, previous } = await scene.state()
    expect([scene.consumed, pending, anomaly, previous?.version]).toEqual(['edited', undefined, 'edited', scene.base])
  })
})

describe.each<[string, ReadBy]>([
  ['an alias', byAlias],
  ['latest', 'latest'],
])('read by %s [fake]', (_, readBy) => {
  test('A has looked, B discards: A publishes nothing', async () => {
    const scene = await Scene.open(readBy)
    await scene.bring('new')
    const [slow, other] = [scene.call(), scene.call()]
    await scene.state(scene.a, slow)
    await scene.state(scene.b, other)
    await scene.b.discardPending(ID, one, other)
    expect((await failing(scene.promote(scene.a, { call: slow }))).code).toBe('stale')
    expect(scene.consumed).toBe('old')
  })

  test('A has looked, B rotates: A may not retire what is current', async () => {
    const scene = await Scene.open(readBy)
    await scene.bring('new')
    await scene.promote()
    const slow = scene.call()
    await scene.state(scene.a, slow)
    const call = scene.call()
    const { current } = await scene.state(scene.b, call)
    await scene.b.putPending(ID, { rotation: two, base: current.version, value: value('newer') }, call)
    await scene.b.promote(ID, { rotation: two, base: current.version }, call)
    expect((await failing(scene.a.claimRetire(ID, scene.base, 60_000, slow))).code).toBe('stale')
  })
})
