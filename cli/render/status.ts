/**
 * The tables of `lockstep status`.
 * @module
 */
import { dueSince } from '../../core/rotation/plan.ts'
import type { Answer } from '../answer.ts'
import type { Condition } from '../condition.ts'
import type { Look } from '../look.ts'
import type { StagedVersion } from '../stages.ts'
import { labelled, stacked } from './block.ts'
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
  retire: 'yellow',
  ok: 'green',
  grace: 'green',
}

const coloured = ({ condition }: StatusRow, style: Style): string => style[colours[condition] ?? 'dim'](condition)

export function statusText(rows: readonly StatusRow[], now: number, style: Style): string {
  const cells = rows.map(row => [
    row.look.secret.name,
    coloured(row, style),
    ageOf(row.look, now),
    whenOf(row, now),
    row.note,
  ])
  return table(['SECRET', 'CONDITION', 'AGE', 'WHEN', 'NOTE'], cells, style)
}

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
  return stacked(
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
    ]),
  )
}

function sinceOf(stage: StagedVersion['stage'], { state }: Look, now: number): string {
  if (stage === 'current') return `  since ${momentFromNow(state!.current.since, now)}`
  return stage === 'pending' ? `  since ${momentFromNow(state!.pending!.since, now)}` : ''
}
