/**
 * What resolving one part of the file needs of the others.
 * @module
 */

import type { ShapeOptions } from '../secret/shape.ts'
import { defaultFields } from '../secret/shape-json.ts'
import { didYouMean } from './nearest.ts'
import type { DataPath } from './problem.ts'
import type { RootInput, SecretInput } from './schema/root.ts'
import type { KeySource } from './types.ts'

export type Report = (path: DataPath, says: string) => void

/** What is known while one secret is resolved. */
export interface Scope {
  readonly input: RootInput
  readonly report: Report
  /** Makes a path of the file absolute. */
  readonly absolute: (path: string) => string
}

export const keySource = (key: NonNullable<RootInput['fingerprintKey']>, { absolute }: Scope): KeySource =>
  key.file === undefined ? { env: key.env! } : { file: absolute(key.file) }

/** The named store, or the only one. */
export function resolveStore(named: string | undefined, path: DataPath, { input, report }: Scope): string {
  const stores = Object.keys(input.stores ?? {})
  if (named !== undefined && !stores.includes(named))
    report(path, `no such store under stores${didYouMean(named, stores)}`)
  if (named === undefined && stores.length !== 1)
    report(
      path,
      stores.length === 0 ? 'no store is declared under stores' : `is missing; expected one of ${stores.join(', ')}`,
    )
  return named ?? stores[0] ?? ''
}

/** Without keys that are there and undefined: those would hide a default. */
export function defined<T extends object>(part: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(part ?? {}).filter(([, value]) => value !== undefined)) as never
}

export function resolveValue(value: SecretInput['value']): ShapeOptions {
  if (value === undefined) return { format: 'json', fields: defaultFields }
  return value.format === 'json' ? { format: 'json', fields: { ...defaultFields, ...defined(value.fields) } } : value
}
