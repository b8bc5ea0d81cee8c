/**
 * What the store holds for the program at one moment.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Call, SecretVersion } from '../../core/ports/secret-store.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import type { Workspace } from '../compose.ts'
import type { Located } from '../locate.ts'
import { fieldOf } from './fields.ts'
import type { Wanted } from './wanted.ts'

export interface Held {
  readonly wanted: Wanted
  readonly version: string
  readonly value: SecretValue
}

/** Each secret is read once. Absent: `secret-not-found`; disabled: `refused`; a field that is missing: `value-unsuitable`. */
export async function read(workspace: Workspace, all: readonly Wanted[], call: Call): Promise<readonly Held[]> {
  const versions = new Map<string, SecretVersion>()
  const held: Held[] = []
  for (const wanted of all) {
    const { place, field } = wanted
    const key = JSON.stringify([place.store, place.id])
    const current = versions.get(key) ?? (await currentOf(workspace, place, call))
    versions.set(key, current)
    held.push({ wanted, version: current.version, value: fieldOf(enabled(current, place), field, place) })
  }
  return held
}

async function currentOf(workspace: Workspace, { store, id, name }: Located, call: Call): Promise<SecretVersion> {
  const current = workspace.hasStore(store) ? await (await workspace.store(store)).get(id, call) : undefined
  if (current) return current
  throw new RotationError('secret-not-found', `The store ${store} has no secret ${id}.`, { secret: name })
}

function enabled({ value }: SecretVersion, { name }: Located): SecretValue {
  if (value !== 'disabled') return value
  throw new RotationError('refused', 'Current is disabled in the store.', { secret: name })
}

/** Those that the program would get differently now, at first all. A new version with the same text is no news to it. */
export const changed = (before: readonly Held[], now: readonly Held[]): readonly Held[] =>
  now.filter(({ value }, index) => !before[index]?.value.equals(value))

/** The names of secrets, each once, for people. */
export const namesOf = (held: readonly Held[]): string =>
  [...new Set(held.map(({ wanted }) => wanted.place.name))].join(', ')
