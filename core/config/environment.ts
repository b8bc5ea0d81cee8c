/**
 * Environments: named overlays of the file, one on top of another.
 * @module
 */
import { didYouMean } from './nearest.ts'
import type { DataPath, Problem } from './problem.ts'

type Mapping = Readonly<Record<string, unknown>>

export const isMapping = (data: unknown): data is Mapping =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

/** Own keys only: a secret may be called `constructor`. */
export const ownValue = (data: unknown, key: string | number): unknown =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, key) ? data[key as keyof typeof data] : undefined

/** Another kind of store, target or value has other keys: those of the base would only be in its way. */
const sameKind = (base: Mapping, over: Mapping): boolean =>
  ['kind', 'format'].every(key => ownValue(over, key) === undefined || ownValue(over, key) === ownValue(base, key))

/** Mappings key by key, everything else as a whole; null removes. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isMapping(over)) return over
  const start = isMapping(base) && sameKind(base, over) ? base : {}
  const merged = new Map(Object.entries(start))
  for (const [key, value] of Object.entries(over)) {
    if (value === null) merged.delete(key)
    else merged.set(key, merge(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

/** The environments from the one that is extended by all others to the chosen one. */
function chainOf(environments: Mapping, chosen: string): { chain: string[]; problem?: Problem } {
  const chain: string[] = []
  let name: unknown = chosen
  let path: DataPath = ['environments']
  while (name !== undefined) {
    const says =
      typeof name !== 'string'
        ? 'expected the name of an environment'
        : chain.includes(name)
          ? 'the environments extend each other in a circle'
          : Object.hasOwn(environments, name)
            ? undefined
            : `no such environment${didYouMean(name, Object.keys(environments))}`
    if (says !== undefined) return { chain: [], problem: { path, says } }
    chain.unshift(name as string)
    path = ['environments', name as string, 'extends']
    name = ownValue(environments[name as string], 'extends')
  }
  return { chain }
}

export interface Layered {
  readonly data: unknown
  /** The paths of what was merged, the strongest first; the last is the file itself. */
  readonly layers: readonly DataPath[]
  readonly problems: readonly Problem[]
}

export function applyEnvironment(data: unknown, chosen: string | undefined): Layered {
  if (chosen === undefined || !isMapping(data)) return { data, layers: [[]], problems: [] }
  const declared = ownValue(data, 'environments')
  const environments = isMapping(declared) ? declared : {}
  const { chain, problem } = chainOf(environments, chosen)
  if (problem !== undefined) return { data, layers: [[]], problems: [problem] }
  const overlays = chain.map(name => {
    const { extends: _, ...overlay } = isMapping(environments[name]) ? environments[name] : {}
    return overlay
  })
  const merged = overlays.reduce<unknown>(merge, data)
  const layers = chain.map((name): DataPath => ['environments', name]).reverse()
  return { data: merged, layers: [...layers, []], problems: [] }
}
