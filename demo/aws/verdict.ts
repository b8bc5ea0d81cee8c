/**
 * What the demo on AWS has shown, and which promise it would break: the exit code depends on it.
 * @module
 */
import type { EditAtPromotion, KilledRuntime, LeftByTemplate, PersonsPut, Rotations } from './scenes.ts'
import { REFRESH_MS } from './stage.ts'

export interface Shown {
  readonly service: 'fake'
  readonly strategies: readonly Rotations[]
  readonly killedRuntime: KilledRuntime
  readonly leftByTemplate: LeftByTemplate
  readonly personsPut: PersonsPut
  readonly editAtPromotion: EditAtPromotion
  readonly seconds: number
}

/** A stale cache lives this long, and a slow machine a little longer; less than two of the pauses between invocations. */
const LONGEST_GAP_MS = REFRESH_MS + 1_000
/** Of twenty clients, the ones that happened to ask twice within the few round trips of a rotation; generous on a slow machine. */
const REREAD_FAILURES = 15

/** In words, empty if all were kept. */
export function brokenPromises(shown: Shown): string[] {
  const { strategies, killedRuntime, leftByTemplate, personsPut, editAtPromotion } = shown
  const broken: string[] = []
  const promise = (kept: boolean, words: string) => void (kept || broken.push(words))
  for (const each of strategies) for (const words of brokenByRotations(each)) broken.push(words)
  for (const [name, { queries, failedQueries }] of Object.entries({ killedRuntime, personsPut }))
    promise(queries > 0 && failedQueries === 0, `${name}: ${failedQueries} of ${queries} queries failed`)
  promise(killedRuntime.newPasswordAtServer, 'killedRuntime: was killed before set, so it shows nothing')
  promise(!killedRuntime.promotedAtDeath, 'killedRuntime: was killed after it had promoted, so it shows nothing')
  promise(killedRuntime.attempts === 2, `killedRuntime: the service made ${killedRuntime.attempts} attempts`)
  promise(killedRuntime.sameToken, 'killedRuntime: the second attempt finished another version')
  promise(killedRuntime.sameValue, 'killedRuntime: the second attempt made another value')
  promise(leftByTemplate.before === 'refused', 'leftByTemplate: consumers were not locked out, so it shows nothing')
  promise(leftByTemplate.after === 'accepted', 'leftByTemplate: what consumers read is still refused')
  promise(leftByTemplate.sameToken, 'leftByTemplate: another rotation was made')
  promise(leftByTemplate.sameValue, 'leftByTemplate: another value was made')
  promise(
    leftByTemplate.leftFailing === 0,
    `leftByTemplate: ${leftByTemplate.leftFailing} clients are still locked out`,
  )
  promise(personsPut.outcomes[0] === 'abandoned', 'personsPut: the service did not give the rotation up')
  promise(personsPut.outcomes[1] === 'succeeded', `personsPut: the next rotation ${personsPut.outcomes[1]}`)
  promise(personsPut.putIsCurrent, 'personsPut: what the person wrote was replaced')
  promise(personsPut.editKept && personsPut.rotatedSince, 'personsPut: the next rotation has lost the edit')
  promise(editAtPromotion.putLogin === 'refused', 'editAtPromotion: was put before set, so it shows nothing')
  promise(editAtPromotion.editKept, 'editAtPromotion: what the person wrote was replaced')
  promise(editAtPromotion.currentLogin === 'accepted', 'editAtPromotion: what consumers read is refused')
  promise(
    editAtPromotion.leftFailing === 0,
    `editAtPromotion: ${editAtPromotion.leftFailing} clients are still locked out`,
  )
  return broken
}

export function brokenByRotations({
  name,
  queries,
  failedQueries,
  longestGapMs,
  leftFailing,
  rotations,
}: Rotations): string[] {
  const broken: string[] = []
  if (queries === 0) broken.push(`${name}: no query was made`)
  if (leftFailing > 0) broken.push(`${name}: ${leftFailing} clients were left without a working password`)
  if (name.startsWith('single-user') && longestGapMs > LONGEST_GAP_MS)
    broken.push(`${name}: a gap of ${longestGapMs} ms`)
  const allowed = name === 'single-user' ? Number.POSITIVE_INFINITY : name === 'alternating-users' ? 0 : REREAD_FAILURES
  if (failedQueries > allowed * rotations) broken.push(`${name}: ${failedQueries} queries failed`)
  return broken
}
