/**
 * What holds at every instant with a leader and followers, and what holds at rest.
 *
 * Excused are consumers of a region whose store a fault of ours has put back to a backup, until it shows again what it should; and those of
 * the follower that nobody waits for, once the credential that it shows was ended by a retirement that has waited for all others.
 * @module
 */
import type { Instant } from '../../../ports/clock.ts'
import type { LeaderRecord } from '../../../ports/leader-register.ts'
import { compareMarks, type Mark, markOf } from '../../../replication/mark.ts'
import { parseRecord } from '../../../replication/record.ts'
import { isOwnName } from '../../../rotation/ids.ts'
import type { Credential } from '../../../secret/credential.ts'
import type { SecretValue } from '../../../secret/secret-value.ts'
import type { Peek } from '../../memory-store.ts'
import { CANARY, ID, noteShape } from '../world.ts'
import { type MemberName, members, REGISTER, type RegionsWorld, required } from './world.ts'

/** Calls after which nothing is different. */
const looksOnly = /\.(?:describe|read|unlabelled|accepts|test|list|sessions|sleep|write)$/

export class Promises {
  readonly #world: RegionsWorld
  readonly #seen = new Map<MemberName, { value: SecretValue; until: Instant }[]>()
  readonly #current = new Map<MemberName, SecretValue>()
  readonly #highest = new Map<MemberName, Mark>()
  /** What each place in the order of versions is, and who led in each epoch. */
  readonly #origins = new Map<string, string>()
  readonly #leaders = new Map<number, string>()
  /** Members that a backup has put back. */
  readonly restored = new Set<MemberName>()
  /** Members that an operator has given up, knowing what he does. */
  readonly released = new Set<MemberName>()
  /** Ended by a retirement. */
  readonly #ended: SecretValue[] = []
  /** What was parsed once. */
  readonly #credentials = new WeakMap<SecretValue, Credential>()
  lead: LeaderRecord | undefined
  #text: string | undefined

  constructor(world: RegionsWorld) {
    this.#world = world
  }

  observe(call: string): void {
    if (looksOnly.test(call)) return
    if (call.startsWith(REGISTER) || call === 'late') this.#observeRegister()
    const shown = this.#shown()
    if (call === 'target.end' || call === 'target.revoke') this.#observeEnding(shown, call)
    this.#observeAlive(shown, call)
    for (const [name, peek] of shown) {
      this.#observeOrder(name, peek, call)
      this.#observeConsumers(name, peek, shown.get(this.#world.leader), call)
    }
  }

  #shown(): Map<MemberName, Peek> {
    const shown = new Map<MemberName, Peek>()
    for (const name of members) {
      const store = this.#world.storeOf(name)
      if (store.has(ID)) shown.set(name, store.peek(ID))
    }
    return shown
  }

  /** One leader for each epoch, and no way back. */
  #observeRegister(): void {
    const text = this.#world.recordText()
    if (text === undefined || text === this.#text) return
    this.#text = text
    const before = this.lead
    this.lead = parseRecord(text)
    const { epoch, leader, sequence } = this.lead
    const known = this.#leaders.get(epoch)
    if (known !== undefined && known !== leader) this.#world.violate('P3', `epoch ${epoch} has two leaders`)
    this.#leaders.set(epoch, leader)
    if (before && (epoch < before.epoch || sequence < before.sequence))
      this.#world.violate('P3', 'the register went back')
  }

  /** Whoever is lost, somebody who is waited for holds what works; where there is one login, each of them does. */
  #observeAlive(shown: ReadonlyMap<MemberName, Peek>, call: string): void {
    const { lost, target } = this.#world
    if (lost) return
    const holds = (name: MemberName) => {
      const peek = shown.get(name)
      return peek === undefined || [peek.current, peek.pending, peek.previous].some(each => each && this.#works(each))
    }
    const waited = required.filter(name => shown.has(name))
    if (!waited.some(holds)) this.#world.violate('P1', `no member holds what authenticates after ${call}`)
    if (target.overlap !== 'gap') return
    for (const name of waited)
      if (!this.#isExcused(name) && !holds(name))
        this.#world.violate('P1', `${name} would be left without what authenticates after ${call}`)
  }

  /** The old credential ends after every member that is waited for was seen with the new one. */
  #observeEnding(shown: ReadonlyMap<MemberName, Peek>, call: string): void {
    const acting = [...shown.values()].find(({ retiring, previous }) => retiring && previous && !this.#works(previous))
    if (!acting?.previous) return
    this.#ended.push(acting.previous)
    for (const name of required) {
      const peek = shown.get(name)
      if (!peek || this.#isExcused(name) || peek.current.equals(acting.current)) continue
      this.#world.violate('P2', `the old credential was ended before ${name} had the new one (${call})`)
    }
  }

  /** A copy is never replaced by an earlier one, and one place in the order is one version. */
  #observeOrder(name: MemberName, { rotation }: Peek, call: string): void {
    const mark = markOf(rotation)
    if (!mark) return
    const highest = this.#highest.get(name)
    if (highest && compareMarks(mark, highest) < 0) this.#wentBack(name, call)
    if (!highest || compareMarks(mark, highest) > 0) this.#highest.set(name, mark)
    const place = `${mark.epoch}.${mark.sequence}`
    const known = this.#origins.get(place)
    if (known !== undefined && known !== mark.origin) this.#world.violate('P3', `${place} is two versions (${name})`)
    this.#origins.set(place, mark.origin)
  }

  /** Where nothing fences a publication, one that lands late is seen until the next run looks. */
  #wentBack(name: MemberName, call: string): void {
    if (this.restored.has(name)) return
    if (this.#world.storeOf(name).capabilities.publish === 'fenced')
      this.#world.violate('P3', `${name} went back to an earlier copy after ${call}`)
  }

  #observeConsumers(name: MemberName, { current }: Peek, lead: Peek | undefined, call: string): void {
    const { clock, policy, target } = this.#world
    const now = clock.now()
    if (this.restored.has(name) && lead?.current.equals(current) && this.#works(current)) this.#isBack(name)
    const refresh = Math.max(0, ...policy.consumers.map(each => each.refresh))
    const seen = (this.#seen.get(name) ?? []).filter(({ until, value }) => until >= now && !value.equals(current))
    const before = this.#current.get(name)
    // whoever read it in the moment before
    if (before && !before.equals(current)) seen.push({ value: before, until: now + refresh })
    if (target.overlap === 'both-valid' && !this.#isExcused(name))
      for (const value of [current, ...seen.map(each => each.value)])
        if (!this.#works(value) && !this.#wasLeftBehind(name, value))
          this.#world.violate('P2', `a consumer in ${name} holds a dead credential after ${call}`)
    this.#current.set(name, current)
    this.#seen.set(name, seen)
  }

  #isBack(name: MemberName): void {
    this.restored.delete(name)
    this.#seen.delete(name)
    this.#current.delete(name)
  }

  restore(name: MemberName): void {
    this.restored.add(name)
    this.#highest.delete(name)
  }

  #isExcused(name: MemberName): boolean {
    return this.restored.has(name) || this.released.has(name)
  }

  #wasLeftBehind(name: MemberName, value: SecretValue): boolean {
    return !required.includes(name) && this.#ended.some(each => each.equals(value))
  }

  #works(value: SecretValue): boolean {
    const credential = this.#credentials.get(value) ?? noteShape.read(value)
    this.#credentials.set(value, credential)
    return this.#world.target.endpoints.every(endpoint => this.#world.accepts(credential, endpoint))
  }

  /** Once nothing is under way: all show one value, which works; each ending and each fail-over is on record. */
  rest(): void {
    const world = this.#world
    this.#observeRegister()
    const shown = this.#shown()
    const lead = shown.get(world.leader)!
    if (!this.#works(lead.current)) world.violate('P2', 'current does not authenticate at rest')
    for (const name of members)
      if (!shown.get(name)?.current.equals(lead.current)) world.violate('P3', `${name} shows another value at rest`)
    const { record } = world
    if (JSON.stringify(record).includes(CANARY)) world.violate('P5', 'a value is on record')
    const ended = record.some(
      ({ metadata, event_type }) => metadata.rotation_id === lead.rotation && endings.has(event_type),
    )
    if (lead.rotation && isOwnName(lead.rotation) && !markOf(lead.rotation) && !ended)
      world.violate('P6', 'a promoted rotation is not on record')
    for (let epoch = 2; epoch <= (this.lead?.epoch ?? 1); epoch++)
      if (!record.some(({ event_type, metadata }) => event_type === 'failed_over' && metadata.epoch === epoch))
        world.violate('P6', 'a fail-over is not on record')
  }
}

const endings = new Set(['secret_rotated', 'rollback'])
