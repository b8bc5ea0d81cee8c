/**
 * A fail-over in words: what is adopted, what is lost and for whom, how long the new leader keeps quiet, who must still be told.
 * @module
 */
import type { FailOver } from '../../core/replication/fail-over.ts'
import type { FollowerReport } from '../../core/replication/replication.ts'
import type { Answer } from '../answer.ts'
import { labelled, paragraphs, stacked } from './block.ts'
import { followerData, listed, membersTable } from './followers.ts'
import type { Style } from './style.ts'
import { iso, momentFromNow } from './time.ts'

export interface Change {
  readonly secret: string
  readonly result: FailOver
  /** How many versions the leader before had given out. */
  readonly sequence: number
  /** The same of the new one, once it leads. */
  readonly after?: number
  /** Before the fail-over: all but the lost leader. After it: all but the new one. */
  readonly followers: readonly FollowerReport[]
  /** Names, of the configuration. */
  readonly consumers: readonly string[]
}

interface View {
  readonly now: number
  readonly style: Style
}

export function planText(change: Change, { refused, now, style }: View & { readonly refused: boolean }): string {
  const { secret, result, sequence, followers } = change
  const { from, to, epoch, already } = result
  const headline = already
    ? `${to} leads it already; a fail-over would only finish what is left of the last one`
    : refused
      ? `would not be given to ${to}: versions would be lost (--accept-older accepts that)`
      : `would be led by ${to} instead of ${from}`
  return paragraphs(
    stacked(
      `${refused ? style.red('✖') : style.green('✔')} ${style.bold(secret)} ${headline}`,
      labelled([
        ['from', already ? undefined : `${from}, epoch ${epoch - 1}`],
        ['to', `${to}, epoch ${epoch}`],
        ['adopts', adopts(change)],
        ['lost', lost(change)],
        ['consumers', effect(change)],
        ['keeps quiet', quiet(change, now)],
        ['to be told', told(change)],
      ]),
    ),
    membersTable(followers, { epoch: epoch - 1, sequence, now, style }),
  )
}

export function doneText(change: Change, { now, style }: View): string {
  const { secret, result, after = 0, followers } = change
  const { from, to, epoch, already } = result
  const headline = already
    ? `is led by ${to} already; what was left is done`
    : `is led by ${to} now, no more by ${from}`
  return stacked(
    `${style.green('✔')} ${style.bold(secret)} ${headline} (epoch ${epoch})`,
    labelled([
      ['adopted', already ? undefined : adopts(change)],
      ['lost', already ? undefined : lost(change)],
      ['keeps quiet', quiet(change, now)],
      ['not told yet', untold(change)],
    ]),
    membersTable(followers, { epoch, sequence: after, now, style }),
  )
}

const adopts = ({ sequence, result: { adopts, lost, to } }: Change): string =>
  adopts === 'staged'
    ? `the value that was staged at ${to}: the target accepts it, and no more what ${to} shows; it is promoted`
    : `what ${to} shows, number ${sequence - lost}; the target accepts it`

/** By name and number: who goes back from what. */
function lost({ sequence, followers, result: { lost, from, to } }: Change): string {
  if (lost === 0) return `nothing: ${to} has every version that ${from} gave out`
  const kept = sequence - lost
  const numbers = lost === 1 ? `number ${sequence}` : `numbers ${kept + 1} to ${sequence}`
  const back = followers.filter(one => (one.sequence ?? 0) > kept).map(({ follower }) => follower)
  return stacked(
    `${numbers}, which ${from} gave out and ${to} never had`,
    `consumers that read ${listed([from, ...back])} go back to number ${kept}`,
  )
}

function effect({ consumers, result: { lost, adopts, to } }: Change): string {
  const who = consumers.length === 0 ? 'consumers' : listed(consumers)
  if (adopts === 'staged') return `${who}: refused by the target until the staged value is promoted, in this command`
  if (lost === 0)
    return `${who}: nobody notices; what each region shows goes on working, and ${to} rotates from here on`
  return `${who}: what they hold works as long as the target accepts both; the lost password stays valid at the target until ${to} rotates`
}

const quiet = ({ result: { to, from, quietUntil, already } }: Change, now: number): string | undefined =>
  quietUntil <= now
    ? undefined
    : `${already ? '' : 'it begins and ends nothing '}until ${momentFromNow(quietUntil, now)}: ${from === to ? 'a run of the leader before' : `a run of ${from}`} may be at work until then`

function told({ followers, result: { from, to, already } }: Change): string | undefined {
  const others = followers.filter(({ follower }) => follower !== to).map(one => `${one.follower}${state(one)}`)
  const now = others.length === 0 ? undefined : `${listed(others)}, in this command`
  return already
    ? now
    : stacked(now, `${from}, by \`lockstep replicate\` when it is back: until then it refuses its own writes`)
}

const state = ({ required, standing }: FollowerReport): string =>
  `${required ? '' : ' (best effort)'}${standing === 'unknown' ? ' (not reached now: by `lockstep replicate`)' : ''}`

function untold({ secret, followers }: Change): string | undefined {
  const missing = followers.filter(({ standing }) => standing !== 'in-sync').map(({ follower }) => follower)
  return missing.length === 0 ? undefined : `${listed(missing)}: when back, \`lockstep replicate ${secret}\``
}

export function failOverData({ secret, result, sequence, after, followers }: Change): Answer['data'] {
  const { from, to, epoch, already, adopts, lost, quietUntil } = result
  const kept = sequence - lost
  return {
    ...{ secret, from, to, epoch, already, adopts },
    adopted_sequence: kept,
    lost: Array.from({ length: lost }, (_, n) => kept + 1 + n),
    go_back: followers.filter(one => lost > 0 && (one.sequence ?? 0) > kept).map(({ follower }) => follower),
    quiet_until: iso(quietUntil),
    followers: followers.map(one => followerData(one, after ?? sequence)),
  }
}
