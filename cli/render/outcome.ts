/**
 * What a run of the engine came to.
 * @module
 */
import type { RotationResult } from '../../core/rotation/setup.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import { type Answer, WAITING } from '../answer.ts'
import { labelled, stacked } from './block.ts'
import { followerData } from './followers.ts'
import { broughtTo, followersOf, sequenceOf } from './held.ts'
import type { Style } from './style.ts'
import { iso, momentFromNow } from './time.ts'

const headlines = {
  rotated: 'is rotated',
  'rolled-back': 'is back at its previous credential',
  retired: 'has its old credential ended, and verified refused',
  waiting: 'waits',
  'not-due': 'is not due: nothing to do',
  'standing-by': 'is led by another member: nothing to do here',
  'already-rotated': 'is rotated already: nothing to do',
  'nothing-to-retire': 'has nothing to retire',
} as const satisfies Record<RotationResult['outcome'], string>

export const exitOf = ({ outcome }: RotationResult): 0 | typeof WAITING => (outcome === 'waiting' ? WAITING : 0)

export function outcomeData(secret: string, result: RotationResult): Answer['data'] {
  const { outcome, ...rest } = result
  const until = 'until' in result && result.until !== undefined && { until: iso(result.until) }
  const followers = followersOf(result)
  const sequence = sequenceOf(followers)
  return {
    ...{ secret, outcome, ...(rest as Record<string, Loggable>), ...until },
    ...(followers.length > 0 && { followers: followers.map(one => followerData(one, sequence)) }),
  }
}

export function outcomeText(secret: string, result: RotationResult, { style, now, details = [] }: OutcomeView): string {
  const sign = result.outcome === 'waiting' ? style.yellow('…') : style.green('✔')
  return stacked(
    `${sign} ${style.bold(secret)} ${headlines[result.outcome]}`,
    labelled([...linesOf(result, now), ...details, ['to give up', released(secret, result)]]),
    broughtTo(result, { now, style }),
  )
}

/** The way out for a person; a retirement that waits for followers names them. */
function released(secret: string, result: RotationResult): string | undefined {
  if (result.outcome !== 'waiting' || result.for !== 'followers') return undefined
  return `a follower that is not coming back: \`required: false\` in its configuration; for one retirement: \`lockstep retire ${secret} --release follower:NAME --reason …\``
}

export interface OutcomeView {
  readonly style: Style
  readonly now: number
  readonly details?: readonly (readonly [string, string | undefined])[]
}

function linesOf(result: RotationResult, now: number): [string, string | undefined][] {
  if ('why' in result) {
    const until = result.until === undefined ? undefined : momentFromNow(result.until, now)
    return [
      ['why', result.why],
      [result.outcome === 'waiting' ? 'again from' : 'from', until],
    ]
  }
  const resumed = 'resumed' in result && result.resumed ? 'finished what an earlier run had begun' : undefined
  const sessions = 'sessionsEnded' in result && result.sessionsEnded ? `${result.sessionsEnded} ended` : undefined
  return [
    [
      'version',
      result.outcome === 'retired' ? `${result.old} ended; ${result.new} is current` : `${result.old} → ${result.new}`,
    ],
    ['resumed', resumed],
    ['sessions', sessions],
  ]
}
