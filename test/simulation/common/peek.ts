// How what a store holds is judged, whatever its adapter says.

import { SecretValue } from '../../../core/secret/secret-value.ts'

/** Versions without a stage that recovery tries: `core/rotation/recover.ts`. */
export const OLDER = 3

/** What a consumer has whose version is disabled: nothing that authenticates. */
export const UNREADABLE = SecretValue.of(
  JSON.stringify({ username: 'nobody', password: 'canary-unreadable', note: '' }),
)

export const newestFirst = <T extends { readonly createdAt: number }>(versions: readonly T[]): T[] =>
  versions.toSorted((a, b) => b.createdAt - a.createdAt)
