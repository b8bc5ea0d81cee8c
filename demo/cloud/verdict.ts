/**
 * What the demo on a cloud has shown, and which promise it would break: the exit code depends on it.
 * @module
 */
import type { NearExpiry } from '../azure/near-expiry.ts'
import type { Edit, KilledWorker, Rotations } from './scenes.ts'
import type { SiteName } from './site.ts'
import { timingWith } from './timing.ts'

/** How one store, read in one way, has behaved. */
export interface Played {
  readonly site: SiteName
  readonly strategies: readonly Rotations[]
  readonly killedWorker: KilledWorker
  readonly editMeanwhile: Edit
  readonly editAtPublication: Edit
  readonly nearExpiry?: NearExpiry
}

export interface Shown {
  readonly service: 'fake'
  readonly lagMs: number
  readonly played: readonly Played[]
  readonly seconds: number
}

/** What each store can do about an edit that arrives with the publication. */
const atPublication: Readonly<Record<SiteName, Edit['outcome']>> = {
  'gcp alias': 'kept',
  'gcp latest': 'reported',
  azure: 'not seen',
}

/** Beyond cache and lag, on a slow machine. */
const SLOW_MS = 1_500

/** In words, empty if all were kept. */
export function brokenPromises({ played, lagMs }: Pick<Shown, 'played' | 'lagMs'>): string[] {
  return played.flatMap(each => brokenBy(each, lagMs).map(words => `${each.site}, ${words}`))
}

function brokenBy({ site, ...played }: Played, lagMs: number): string[] {
  const { strategies, killedWorker, editMeanwhile, editAtPublication, nearExpiry } = played
  const broken = strategies.flatMap(each => brokenByRotations(each, lagMs))
  const promise = (kept: boolean, words: string) => void (kept || broken.push(words))
  for (const [name, { queries, failedQueries }] of Object.entries({ killedWorker, editMeanwhile, editAtPublication }))
    promise(queries > 0 && failedQueries === 0, `${name}: ${failedQueries} of ${queries} queries failed`)
  promise(killedWorker.signal === 'SIGKILL', `killedWorker: ended by ${killedWorker.signal}`)
  promise(killedWorker.newPasswordAtServer, 'killedWorker: was killed before `set`, so it shows nothing')
  const published = site !== 'gcp alias'
  promise(killedWorker.publishedAtDeath === published, 'killedWorker: was killed at another moment than was meant')
  promise(killedWorker.sameRotation, 'killedWorker: the rerun began another rotation')
  promise(killedWorker.sameValue, 'killedWorker: the rerun made another value')
  promise(editMeanwhile.outcome === 'kept', `editMeanwhile: what the person wrote was ${editMeanwhile.outcome}`)
  const { outcome, versionLeft } = editAtPublication
  promise(outcome === atPublication[site], `editAtPublication: what the person wrote was ${outcome}`)
  promise(versionLeft, 'editAtPublication: what the person wrote cannot be read any more')
  for (const [name, { rotatedSince, currentLogin }] of Object.entries({ editMeanwhile, editAtPublication })) {
    promise(rotatedSince, `${name}: the password is still the one of before`)
    promise(currentLogin === 'accepted', `${name}: what consumers read is refused`)
  }
  if (nearExpiry) {
    promise(nearExpiry.events > 0, 'nearExpiry: no event was raised, so it shows nothing')
    promise(nearExpiry.rotations === 1, `nearExpiry: ${nearExpiry.rotations} rotations in ${nearExpiry.days} days`)
  }
  return broken
}

export function brokenByRotations(
  { name, queries, failedQueries, longestGapMs, leftFailing }: Rotations,
  lagMs: number,
): string[] {
  const broken: string[] = []
  const longest = timingWith(lagMs).refresh + lagMs + SLOW_MS
  if (queries === 0) broken.push(`${name}: no query was made`)
  if (leftFailing > 0) broken.push(`${name}: ${leftFailing} clients were left without a working password`)
  if (name.startsWith('single-user') && longestGapMs > longest) broken.push(`${name}: a gap of ${longestGapMs} ms`)
  if (name === 'alternating-users' && failedQueries > 0) broken.push(`${name}: ${failedQueries} queries failed`)
  return broken
}
