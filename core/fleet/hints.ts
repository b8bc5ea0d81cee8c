/**
 * Whom of a fleet to look at: the listings of its stores, so that what is at rest costs no call of its own.
 * @module
 */
import type { SecretConfig } from '../config/types.ts'
import { isRotationError, type RotationError, sanitise } from '../errors.ts'
import type { Instant } from '../ports/clock.ts'
import type { Call, SecretId } from '../ports/secret-store.ts'
import { type Suspicion, suspicion } from './due.ts'
import type { Fleet, FleetStore } from './fleet.ts'
import { placeIn } from './member.ts'
import { kindOf, policyOf } from './wire.ts'

export interface Suspect extends Suspicion {
  readonly secret: string
}

export interface Hints {
  readonly suspects: readonly Suspect[]
  readonly halted: number
  /** Stores that could not be listed: nothing is known of their secrets, which are not looked at. */
  readonly failed: readonly { readonly store: string; readonly secrets: number; readonly error: RotationError }[]
}

/** So few are described at once: that costs less than pages with what else the store holds. */
const FEW = 10
/** Once so many were listed for each that is ours, describing ours would have been cheaper. */
const OTHERS = 100

export async function gatherHints(fleet: Fleet, call: Omit<Call, 'run'>): Promise<Hints> {
  const byStore = Map.groupBy(fleet.config.secrets.values(), secret => placeIn(secret, fleet.member).store)
  const each = await Promise.all([...byStore].map(([name, secrets]) => inStore(fleet, name, secrets, call)))
  return {
    suspects: each.flatMap(({ suspects }) => suspects),
    halted: each.reduce((sum, { halted }) => sum + halted, 0),
    failed: each.flatMap(({ failed }) => failed),
  }
}

async function inStore(
  fleet: Fleet,
  name: string,
  secrets: readonly SecretConfig[],
  call: Omit<Call, 'run'>,
): Promise<Hints> {
  try {
    const store = await fleet.store(name)
    const found = new Findings(store, fleet.clock.now())
    const unseen = secrets.length > FEW ? await listed(store, secrets, found, fleet, call) : secrets
    for (const secret of unseen) found.add(secret, undefined)
    const { suspects, halted } = found
    return { suspects, halted, failed: [] }
  } catch (thrown) {
    return { suspects: [], halted: 0, failed: [{ store: name, secrets: secrets.length, error: sanitise(thrown) }] }
  }
}

class Findings {
  readonly suspects: Suspect[] = []
  halted = 0
  readonly #store: FleetStore
  readonly #now: Instant

  constructor(store: FleetStore, now: Instant) {
    this.#store = store
    this.#now = now
  }

  add(secret: SecretConfig, hint: Parameters<typeof suspicion>[0]): void {
    const { records } = this.#store.capabilities
    const { followers } = secret
    const found = suspicion(hint, { policy: policyOf(secret), target: kindOf(secret), records, followers }, this.#now)
    if (found === 'halted') this.halted++
    else if (found) this.suspects.push({ secret: secret.name, ...found })
  }
}

/** Answers those that the listing does not show, or not within its worth. A right to list that is missing costs calls, no more. */
async function listed(
  store: FleetStore,
  secrets: readonly SecretConfig[],
  found: Findings,
  { member }: Fleet,
  call: Omit<Call, 'run'>,
): Promise<Iterable<SecretConfig>> {
  const unseen = new Map<SecretId, SecretConfig>()
  for (const secret of secrets) {
    const { id } = placeIn(secret, member)
    unseen.set(store.listedAs?.(id) ?? id, secret)
  }
  const budget = secrets.length * OTHERS
  let seen = 0
  try {
    for await (const hint of store.list({ prefix: commonPrefix([...unseen.keys()]) }, { ...call, run: {} })) {
      const secret = unseen.get(hint.id)
      if (secret) found.add(secret, hint)
      unseen.delete(hint.id)
      if (unseen.size === 0 || ++seen >= budget) break
    }
  } catch (error) {
    if (!isRotationError(error, 'access-denied')) throw error
  }
  return unseen.values()
}

function commonPrefix(ids: readonly SecretId[]): string {
  const [first = '', ...rest] = ids
  let length = first.length
  for (const id of rest) while (!id.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
