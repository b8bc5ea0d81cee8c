// Random histories of a leader and two followers beside a small model of them: who leads, who can be reached, who was written to by
// somebody. A failing run prints its seed and its path; `fc.assert(..., { seed, path })` plays it again.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type isRotationError, RotationError } from '../../../core/errors.ts'
import type { SecretStore } from '../../../core/ports/secret-store.ts'
import { DAY, GRACE, overridden, Regions, RUN_LIFE } from './support.ts'

const names = ['eu', 'us', 'ap'] as const
type Name = (typeof names)[number]

class Model {
  leader: Name = 'eu'
  epoch = 1
  readonly cut = new Set<Name>()
  /** Whose consumers no promise is about for now: somebody has written there, or put a backup back. */
  readonly strange = new Set<Name>()
}

class World extends Regions {
  readonly backups = new Map<Name, () => void>()
  /** A backup does not know which key was asked for since: one whose value was lost then stays, for a person. */
  readonly forgotten = () => (this.put.size > 0 ? (['key-limit'] as const) : [])
  readonly put = new Set<Name>()
  /** Which of the leader's calls its process does not survive. */
  diesAt: number | undefined

  /** What answers may be: a result, or a refusal that the model expects where something stands in the way. */
  async ask<T>(run: Promise<T>, ...codes: Parameters<typeof isRotationError>[1][]): Promise<T | RotationError> {
    return run.catch((error: unknown) => {
      if (error instanceof RotationError && (codes as string[]).includes(error.code)) return error
      throw error
    })
  }

  /** Changes that this member's store takes until the process ends. */
  crashing(name: Name, changes: number): void {
    let left = changes
    this.faults.set(name, store => {
      const counted = (method: 'putPending' | 'promote' | 'claimRetire' | 'retirePrevious') => ({
        [method]: async (...args: unknown[]) => {
          if (left-- <= 0) throw new RotationError('access-denied', 'The process has ended.')
          return (store[method] as (...given: unknown[]) => unknown)(...args)
        },
      })
      const all = (['putPending', 'promote', 'claimRetire', 'retirePrevious'] as const).map(counted)
      return overridden(store, Object.assign({}, ...all) as Partial<SecretStore>)
    })
  }
}

/** Holds after every command. */
async function check(model: Model, world: World): Promise<void> {
  const record = await world.who()
  expect(record).toMatchObject({ leader: model.leader, epoch: model.epoch })
  for (const name of names) if (!model.strange.has(name)) expect([name, world.works(name)]).toEqual([name, true])
}

/** What stands in the way of a run, besides time. */
const outages = [
  'store-unavailable',
  'access-denied',
  'follower-foreign',
  'follower-ahead',
  'busy',
  'current-refused',
] as const

abstract class Command implements fc.AsyncCommand<Model, World> {
  readonly #name: string

  constructor(...name: readonly unknown[]) {
    this.#name = name.join(' ')
  }

  check(_: Readonly<Model>): boolean {
    return true
  }

  abstract act(model: Model, world: World): Promise<void>

  async run(model: Model, world: World): Promise<void> {
    await this.act(model, world)
    await check(model, world)
  }

  toString(): string {
    return this.#name
  }
}

class Rotate extends Command {
  constructor() {
    super('rotate')
  }

  async act({ leader, cut, strange }: Model, world: World): Promise<void> {
    world.clock.advance(DAY)
    const result = await world.ask(world.rotate({ force: true }, leader), ...outages, ...world.forgotten())
    if (result instanceof RotationError || result.outcome !== 'rotated') return
    expect(
      result.followers?.every(
        ({ follower, standing }) =>
          standing === 'in-sync' || cut.has(follower as Name) || strange.has(follower as Name),
      ),
    ).toBe(true)
  }
}

class Retire extends Command {
  constructor() {
    super('retire')
  }

  async act({ leader, cut, strange }: Model, world: World): Promise<void> {
    world.clock.advance(GRACE + 1)
    const result = await world.ask(world.retire({}, leader), ...outages)
    const waited = names.filter(name => name !== leader && (cut.has(name) || strange.has(name)))
    if (!(result instanceof RotationError) && waited.some(name => cut.has(name)))
      expect(result.outcome).not.toBe('retired')
  }
}

class Replicate extends Command {
  constructor() {
    super('replicate')
  }

  async act(model: Model, world: World): Promise<void> {
    world.clock.advance(RUN_LIFE)
    const request = model.strange.size > 0 ? { force: true, reason: 'put back' } : {}
    const reports = await world.ask(world.replicate(request, model.leader), ...outages)
    if (reports instanceof RotationError) return
    for (const { follower, standing } of reports)
      if (standing === 'in-sync') model.strange.delete(follower as Name)
      else expect(model.cut.has(follower as Name)).toBe(true)
  }
}

class StandBy extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('rotate and retire as', name)
    this.#name = name
  }

  override check({ leader, cut }: Readonly<Model>): boolean {
    return leader !== this.#name && !cut.has(this.#name)
  }

  async act(_: Model, world: World): Promise<void> {
    expect(await world.rotate({ force: true }, this.#name)).toMatchObject({ outcome: 'standing-by' })
    expect(await world.retire({}, this.#name)).toMatchObject({ outcome: 'standing-by' })
  }
}

class Cut extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('cut', name)
    this.#name = name
  }

  async act(model: Model, world: World): Promise<void> {
    model.cut.add(this.#name)
    world.cut(this.#name)
  }
}

class Heal extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('heal', name)
    this.#name = name
  }

  async act(model: Model, world: World): Promise<void> {
    model.cut.delete(this.#name)
    world.heal(this.#name)
  }
}

class FailOver extends Command {
  readonly #to: Name

  constructor(to: Name) {
    super('fail over to', to)
    this.#to = to
  }

  override check({ leader, cut, strange }: Readonly<Model>): boolean {
    return leader !== this.#to && !cut.has(this.#to) && !strange.has(this.#to)
  }

  async act(model: Model, world: World): Promise<void> {
    const done = await world.ask(world.failOver(this.#to, { acceptOlder: true }), 'nothing-authenticates')
    if (done instanceof RotationError) return
    model.leader = this.#to
    expect(done.epoch).toBe(++model.epoch)
    world.clock.advance(RUN_LIFE + 1)
  }
}

class Edit extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('somebody writes at', name)
    this.#name = name
  }

  override check({ leader }: Readonly<Model>): boolean {
    return leader !== this.#name
  }

  async act(model: Model, world: World): Promise<void> {
    model.strange.add(this.#name)
    world.edit(this.#name, { ...world.shown(this.#name), username: 'stranger' })
    if (!model.cut.has(this.#name) && !model.cut.has(model.leader)) {
      await world.ask(world.replicate({}, model.leader), ...outages)
      expect(world.shown(this.#name).username).toBe('stranger')
    }
  }
}

class BackUp extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('back up', name)
    this.#name = name
  }

  override check({ strange }: Readonly<Model>): boolean {
    return !strange.has(this.#name)
  }

  async act(_: Model, world: World): Promise<void> {
    world.backups.set(this.#name, world.stores.get(this.#name)!.backUp('app'))
  }
}

class Restore extends Command {
  readonly #name: Name

  constructor(name: Name) {
    super('restore', name)
    this.#name = name
  }

  override check({ leader }: Readonly<Model>): boolean {
    return leader !== this.#name
  }

  async act(model: Model, world: World): Promise<void> {
    const putBack = world.backups.get(this.#name)
    if (!putBack) return
    putBack()
    world.put.add(this.#name)
    model.strange.add(this.#name)
  }
}

class Crash extends Command {
  readonly #ask: 'rotate' | 'retire'
  readonly #changes: number

  constructor(ask: 'rotate' | 'retire', changes: number) {
    super('crash in', ask, 'after', changes, 'changes')
    this.#ask = ask
    this.#changes = changes
  }

  override check({ cut, leader }: Readonly<Model>): boolean {
    return !cut.has(leader)
  }

  async act({ leader }: Model, world: World): Promise<void> {
    world.clock.advance(this.#ask === 'rotate' ? DAY : GRACE + 1)
    world.crashing(leader, this.#changes)
    const request = this.#ask === 'rotate' ? { force: true } : {}
    await world.ask(world[this.#ask](request, leader), ...outages, ...world.forgotten())
    world.heal(leader)
  }
}

const name = fc.constantFrom(...names)
const commands = [
  fc.constant(new Rotate()),
  fc.constant(new Retire()),
  fc.constant(new Replicate()),
  name.map(each => new StandBy(each)),
  name.map(each => new Cut(each)),
  name.map(each => new Heal(each)),
  name.map(each => new FailOver(each)),
  name.map(each => new Edit(each)),
  name.map(each => new BackUp(each)),
  name.map(each => new Restore(each)),
  fc
    .tuple(fc.constantFrom('rotate' as const, 'retire' as const), fc.integer({ min: 0, max: 2 }))
    .map(([ask, changes]) => new Crash(ask, changes)),
]

/** Everything heals, nobody interferes any more: one value in all regions, which works, and nothing differs. */
async function converges(model: Model, world: World): Promise<void> {
  for (const each of names) await new Heal(each).run(model, world)
  for (const command of [new Rotate(), new Replicate(), new Retire(), new Replicate()]) await command.run(model, world)
  expect([...model.strange]).toEqual([])
  expect(await world.drift(model.leader)).toMatchObject({ drifted: 0 })
  expect(new Set(names.map(each => world.password_(each))).size).toBe(1)
}

it.each(['alternating-users', 'dual-password', 'issue-then-revoke'] as const)(
  '%s',
  async strategy => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async history => {
        const model = new Model()
        const world = new World({ strategy })
        await world.replicate()
        await fc.asyncModelRun(() => ({ model, real: world }), history)
        await converges(model, world)
      }),
      { numRuns: 60 },
    )
  },
  120_000,
)
