/**
 * The tables of `lockstep status`.
 * @module
 */
import { dueSince } from '../../core/rotation/plan.ts'
import type { Answer } from '../answer.ts'
import type { Condition } from '../condition.ts'
import type { Look } from '../look.ts'
import type { StagedVersion } from '../stages.ts'
import { labelled, paragraphs, stacked } from './block.ts'
import { compact, followerData, membersTable } from './followers.ts'
import { retirementLine } from './plan.ts'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { fromNow, isoOrNull, momentFromNow, span } from './time.ts'

export type StatusRow = Condition & { readonly look: Look }

const colours: Partial<Record<Condition['condition'], 'red' | 'yellow' | 'green'>> = {
  urgent: 'red',
  unreadable: 'red',
  halted: 'red',
  regressed: 'red',
  absent: 'yellow',
  edited: 'yellow',
  pending: 'yellow',
  due: 'yellow',
  held: 'yellow',
  retire: 'yellow',
  ok: 'green',
  grace: 'green',
}

const coloured = ({ condition }: StatusRow, style: Style): string => style[colours[condition] ?? 'dim'](condition)

export function statusText(rows: readonly StatusRow[], now: number, style: Style): string {
  const replicated = rows.some(({ look }) => look.lead)
  const cells = rows.map(row => [
    row.look.secret.name,
    coloured(row, style),
    ageOf(row.look, now),
    whenOf(row, now),
    ...(replicated ? [membersCell(row.look, style)] : []),
    row.note,
  ])
  const head = ['SECRET', 'CONDITION', 'AGE', 'WHEN', ...(replicated ? ['FOLLOWERS'] : []), 'NOTE']
  return table(head, cells, style)
}

/** Who leads, where that is another than the configuration names; and how the others stand, or how many there are. */
function membersCell({ lead, followers, secret }: Look, style: Style): string {
  if (!lead) return ''
  const marks = followers
    ? compact(followers.followers, followers, style)
    : style.dim(`${secret.followers.length} (not visited)`)
  return [ledElsewhere({ lead }) ? `${lead.leader} leads;` : '', marks].filter(Boolean).join(' ')
}

/** After a fail-over: the configuration names who led first. */
const ledElsewhere = ({ lead }: Pick<Look, 'lead'>): boolean => (lead?.record?.former.length ?? 0) > 0

const ageOf = ({ state }: Look, now: number): string => (state ? span(now - state.current.since) : '')
const whenOf = ({ at }: StatusRow, now: number): string => (at === undefined ? '' : fromNow(at, now))

export function statusData({ look, condition, note, at }: StatusRow, now: number): Answer['data'] {
  const { secret, state, policy } = look
  const since = state?.current.since
  return {
    name: secret.name,
    condition,
    note,
    when: isoOrNull(at),
    strategy: secret.strategy,
    current_since: isoOrNull(since),
    age_ms: since === undefined ? null : now - since,
    due: isoOrNull(since !== undefined && policy.interval !== undefined ? since + policy.interval : undefined),
    in_flight: state?.pending !== undefined,
    halted: state?.halted ?? null,
    attempts: state?.attempts ?? 0,
    ...membersData(look),
  }
}

/** Nothing where there are no followers. `followers` null: they were not visited. */
function membersData({ lead, followers }: Look): Answer['data'] {
  if (!lead) return {}
  const { leader, record, error } = lead
  return {
    leader: record ? leader : null,
    epoch: record?.epoch ?? null,
    sequence: followers?.sequence ?? record?.sequence ?? null,
    leads_since: isoOrNull(record && record.since > 0 ? record.since : undefined),
    followers: followers ? followers.followers.map(one => followerData(one, followers.sequence)) : null,
    ...(error && { register_error: { code: error.code, message: error.message } }),
  }
}

export function detailData(row: StatusRow, stages: readonly StagedVersion[], now: number): Answer['data'] {
  const { state, secret } = row.look
  return {
    ...statusData(row, now),
    store: secret.store,
    id: secret.id,
    stages: stages.map(stage => ({ ...stage })),
    pending_since: isoOrNull(state?.pending?.since),
    promoted_at: isoOrNull(state?.promotedAt),
    retiring_since: isoOrNull(state?.retiring),
    anomaly: state?.anomaly ?? null,
    generation: state?.generation ?? 0,
  }
}

export function detailText(row: StatusRow, stages: readonly StagedVersion[], now: number, style: Style): string {
  const { look, note, at } = row
  const { secret, state, policy } = look
  const due = state && policy.interval !== undefined ? momentFromNow(dueSince(state) + policy.interval, now) : undefined
  const headline = stacked(
    `${style.bold(secret.name)} ${coloured(row, style)}${note && `: ${note}`}${at === undefined ? '' : ` (${fromNow(at, now)})`}`,
    labelled([
      ['strategy', secret.strategy],
      ['store', secret.id === secret.name ? secret.store : `${secret.store}, as ${secret.id}`],
      ...stages.map(({ stage, version, fingerprint }): [string, string] => [
        stage,
        stacked(`${version}${fingerprint ? `  ${fingerprint}` : ''}${sinceOf(stage, look, now)}`),
      ]),
      ['due', state ? (due ?? 'only when asked') : undefined],
      ['old valid until', retirementLine(look, now)],
      ['failed tries', state && state.attempts > 0 ? `${state.attempts} of ${policy.retryBudget}` : undefined],
      ['leader', leaderText(look, now)],
    ]),
  )
  return paragraphs(headline, members(row, now, style))
}

function leaderText({ lead }: Look, now: number): string | undefined {
  if (!lead) return undefined
  const { leader, record, error } = lead
  if (error) return `not known: ${error.message} [${error.code}]`
  if (!record) return 'nobody is on record yet'
  const since = record.since > 0 ? `, since ${momentFromNow(record.since, now)}` : ''
  return `${leader}, epoch ${record.epoch}${since}${ledElsewhere({ lead }) ? `; before: ${record.former.join(', ')}` : ''}`
}

/** One line per member: what a person on call looks for first. */
function members({ look, condition, note }: StatusRow, now: number, style: Style): string | undefined {
  const { lead, followers, state } = look
  if (!lead || !followers) return undefined
  const since = state?.promotedAt ?? state?.current.since
  const lost = condition === 'unreadable' && !state ? note : undefined
  const leader = { name: lead.leader, version: state?.current.version, since, lost }
  const { epoch, sequence } = followers
  return membersTable(followers.followers, { epoch, sequence, now, style, leader })
}

function sinceOf(stage: StagedVersion['stage'], { state }: Look, now: number): string {
  if (stage === 'current') return `  since ${momentFromNow(state!.current.since, now)}`
  return stage === 'pending' ? `  since ${momentFromNow(state!.pending!.since, now)}` : ''
}
