/**
 * What the demo has shown, and which promise it would break: the exit code depends on it.
 * @module
 */
import { quick } from './playground.ts'
import type { KilledWorker, Retirement, Rollback, Rotations } from './scenes.ts'

export interface Shown {
  readonly strategies: readonly Rotations[]
  readonly killedWorker: KilledWorker
  readonly retirement: Retirement
  readonly rollback: Rollback
  readonly seconds: number
}

/** A stale cache lives this long, and a slow machine a little longer. */
const LONGEST_GAP_MS = quick.refresh + 1_500

/** In words, empty if all were kept. */
export function brokenPromises({ strategies, killedWorker, retirement, rollback }: Shown): string[] {
  const broken: string[] = []
  const promise = (kept: boolean, words: string) => void (kept || broken.push(words))
  for (const { name, queries, failedQueries, longestGapMs, leftFailing } of strategies) {
    promise(queries > 0, `${name}: no query was made`)
    promise(leftFailing === 0, `${name}: ${leftFailing} clients were left without a working password`)
    if (name.startsWith('single-user')) promise(longestGapMs <= LONGEST_GAP_MS, `${name}: a gap of ${longestGapMs} ms`)
    else promise(failedQueries === 0, `${name}: ${failedQueries} queries failed`)
  }
  for (const [name, { queries, failedQueries }] of Object.entries({ killedWorker, retirement, rollback }))
    promise(queries > 0 && failedQueries === 0, `${name}: ${failedQueries} of ${queries} queries failed`)
  promise(killedWorker.newPasswordAtServer, 'killedWorker: was killed before `set`, so it shows nothing')
  promise(killedWorker.sameRotation, 'killedWorker: the rerun began another rotation')
  promise(killedWorker.sameValue, 'killedWorker: the rerun made another value')
  promise(retirement.before === 'accepted', 'retirement: the old password was dead before')
  promise(retirement.after === 'refused', 'retirement: the old password is still accepted')
  promise(rollback.restored, 'rollback: current is not the value from before')
  promise(rollback.rolledBackFrom === 'accepted', 'rollback: who holds the newer value is locked out')
  return broken
}
