/**
 * The same functions deployed in two regions, and what happens to them: a rotation, a follower that was away, a fail-over. One for each
 * cloud, over its own fakes.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import type { AuditEvent } from '../../core/audit/event.ts'
import { loadConfig } from '../../core/config/load.ts'
import type { Config } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import type { FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import { failOver } from '../../core/replication/fail-over.ts'
import { replicate } from '../../core/replication/replicate.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const SERVER = 'lockstep-test-logins'
const logins = new Map<string, string>()
Object.assign(globalThis, { [SERVER]: logins })

/** A service with two logins, whose passwords are in a map of this process. */
const target = `
const logins = globalThis['${SERVER}']
export function createTarget({ users }, { RotationError }) {
  const holds = ({ username, password }) => logins.get(username) === password.reveal()
  const refused = () => new RotationError('auth-failed', 'The service refused the login.', { at: 'service' })
  return {
    kind: 'settable', engine: 'test', strategy: 'alternating-users', overlap: 'both-valid', endpoints: ['service'],
    nextUsername: ({ username }) => users.find(user => user !== username),
    test: async credential => { if (!holds(credential)) throw refused() },
    accepts: async credential => holds(credential) ? { accepted: ['service'], refused: [] } : { accepted: [], refused: ['service'] },
    examine: async () => [],
    set: async ({ current, pending }) => {
      if (!holds(current)) throw refused()
      logins.set(pending.username, pending.password.reveal())
    },
    retire: async ({ username }) => { logins.delete(username); return { sessionsEnded: 0 } },
    end: async () => {},
  }
}
`
export const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-regions-'))
writeFileSync(path.join(folder, 'target.mjs'), target)

let places = 0

/** `us` follows as well as it can, so that a rotation goes on without it. */
export abstract class Regions {
  abstract readonly clock: { time: number; now(): number; sleep(ms: number): Promise<void> }
  readonly user = `regional-${++places}`
  readonly cut = new Set<string>()
  readonly events: AuditEvent[] = []
  readonly lines: Record<string, unknown>[] = []

  /** What a sweep of the functions there counts. */
  abstract sweep(member?: string): Promise<Record<string, number>>
  abstract workshop(member?: string): Promise<Workshop>
  /** How often anybody has written to the store of a region. */
  abstract writes(region: string): number

  get first(): string {
    return JSON.stringify({ username: `${this.user}_a`, password: 'first' })
  }

  /** `stores`: of `eu`, `us` and, if nothing else is said, `reg`, which says who leads. */
  configOf(stores: string, epochs = '{ store: reg }'): Config {
    logins.set(`${this.user}_a`, 'first')
    const text = `version: 1
stores: ${stores}
epochs: ${epochs}
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 4h, runLife: 1m }
secrets:
  app:
    store: eu
    id: app-db
    strategy: alternating-users
    users: [${this.user}_a, ${this.user}_b]
    target: { kind: module, module: ./target.mjs, options: { users: [${this.user}_a, ${this.user}_b] } }
    followers: [{ store: us, required: false }]
`
    return loadConfig(text, { fileName: path.join(folder, 'lockstep.yml') })
  }

  /** Nothing of it answers while it is cut off. */
  reached<Store extends FunctionStore>(region: string, store: Store): Store {
    return new Proxy(store, {
      get: (inner, name) => {
        const member = Reflect.get(inner, name, inner) as unknown
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          if (!this.cut.has(region)) return Reflect.apply(member, inner, given) as unknown
          const error = new RotationError('store-unavailable', `The region ${region} does not answer.`)
          if (name === 'list') throw error
          return Promise.reject(error)
        }
      },
    })
  }

  async setup(member?: string) {
    const audit = { write: async (event: AuditEvent) => void this.events.push(event) }
    return (await this.workshop(member)).fleet(audit).setup('app')
  }

  get request() {
    const actor = { user_id: 'person', user_agent: 'test' }
    return { type: 'manual', actor, deadline: this.clock.now() + HOUR, reason: 'drill' } as const
  }

  async shown(region: string): Promise<string> {
    const store = await (await this.workshop()).store(region)
    const signal = new AbortController().signal
    const found = await store.get('app-db', { signal, deadline: this.clock.now() + HOUR, run: {} })
    if (!found || found.value === 'disabled') throw new Error(`nothing is shown in ${region}`)
    return found.value.reveal()
  }

  async works(region: string): Promise<boolean> {
    const { username, password } = JSON.parse(await this.shown(region)) as Record<string, string>
    return logins.get(username!) === password
  }
}

const never = new AbortController().signal

export async function live(regions: Regions): Promise<void> {
  const { clock, cut } = regions
  await replicate(await regions.setup(), regions.request, never)
  expect(await regions.shown('us')).toBe(regions.first)

  // the follower's function stands by, whatever its own store seems to ask for
  clock.time += 31 * DAY
  const before = regions.writes('us')
  expect(await regions.sweep('us')).toEqual({ 'standing-by': 1 })
  expect(regions.writes('us')).toBe(before)

  // the leader's rotates while the follower is away, and brings it up when it is back
  cut.add('us')
  expect(await regions.sweep()).toMatchObject({ rotated: 1 })
  cut.delete('us')
  expect(await regions.shown('us')).toBe(regions.first)
  expect(await regions.works('us')).toBe(true)
  expect(await regions.sweep()).toMatchObject({ replicated: 1 })
  expect(await regions.shown('us')).toBe(await regions.shown('eu'))

  // the region of the leader is lost; nobody deploys anything
  cut.add('eu')
  const taken = await failOver(await regions.setup('us'), regions.request, never)
  expect(taken).toMatchObject({ from: 'eu', to: 'us', epoch: 2, lost: 0 })
  clock.time += 2 * DAY
  cut.delete('eu')
  expect(await regions.sweep()).toEqual({ 'standing-by': 1 })

  // it comes back as a follower, and the other region's function rotates
  clock.time += 31 * DAY
  const seen: Record<string, number>[] = []
  for (let passes = 0; passes < 4 && !seen.some(outcomes => 'rotated' in outcomes); passes++) {
    seen.push(await regions.sweep('us'))
    clock.time += 5 * HOUR
  }
  expect(seen).toContainEqual(expect.objectContaining({ rotated: 1 }))
  const after = await regions.shown('us')
  expect(after).not.toBe(regions.first)
  expect(await regions.shown('eu')).toBe(after)
  for (const region of ['eu', 'us']) expect(await regions.works(region)).toBe(true)
  expect(await regions.sweep()).toEqual({ 'standing-by': 1 })
}
