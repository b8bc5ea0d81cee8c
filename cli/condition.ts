/**
 * How a secret is, in one word, and what to do about it: read off the pure plans.
 * @module
 */
import type { RotationError } from '../core/errors.ts'
import { planRetirement, planRotation } from '../core/rotation/plan.ts'
import { type Look, planInput } from './look.ts'

/** The worst first: the order of `status`. */
const conditions = [
  'urgent',
  'unreadable',
  'halted',
  'regressed',
  'absent',
  'edited',
  'pending',
  'due',
  'held',
  'retire',
  'waiting',
  'grace',
  'ok',
  'manual',
] as const

export interface Condition {
  readonly condition: (typeof conditions)[number]
  readonly rank: number
  /** In words. */
  readonly note: string
  /** When something is to be done, if that is known. */
  readonly at?: number | undefined
  /** The command to type. */
  readonly next: string
}

export function conditionOf(look: Look, now: number): Condition {
  const found = unled(look) ?? inFlight(look) ?? scheduled(look, now)
  return { ...found, rank: conditions.indexOf(found.condition) }
}

/** The store does not show it: of one secret, which must not hide the others. */
export function unreadable(name: string, { message, code }: RotationError, next = `doctor ${name}`): Condition {
  const condition = 'unreadable'
  return { condition, rank: conditions.indexOf(condition), note: `${message} [${code}]`, next }
}

type Found = Omit<Condition, 'rank'>

/** Of a secret with followers: whoever may lead is on record, or nothing rotates. */
function unled({ lead, secret: { name } }: Look): Found | undefined {
  if (!lead || lead.record) return undefined
  if (lead.error) return { condition: 'unreadable', note: lead.error.message, next: 'check --connect' }
  return { condition: 'halted', note: 'no record says who leads: nothing rotates', next: `replicate ${name}` }
}

function inFlight({ secret: { name }, state, target, lead }: Look): Found | undefined {
  if (!state && lead?.record)
    return {
      condition: 'absent',
      note: `the store of ${lead.leader}, which leads, has no such secret any more`,
      next: `doctor ${name}`,
    }
  if (!state) return { condition: 'absent', note: 'not in the store yet', next: `secret put ${name}` }
  const { pending, halted, anomaly } = state
  if (pending && !pending.ours)
    return { condition: 'halted', note: 'a pending version that is not ours', next: `doctor ${name}` }
  if (pending && (target.overlap === 'gap' || pending.published))
    return {
      condition: 'urgent',
      note: 'a rotation must be finished: consumers may hold a dead credential',
      next: `rotate ${name}`,
    }
  if (halted !== undefined)
    return { condition: 'halted', note: `stopped until a person acts: ${halted}`, next: `doctor ${name}` }
  if (anomaly === 'regressed')
    return { condition: 'regressed', note: 'current is older than the last rotation', next: `rotate ${name}` }
  if (pending) return { condition: 'pending', note: 'a rotation was begun', at: pending.since, next: `rotate ${name}` }
  return undefined
}

/** The old credential stays valid until these show current. */
const held = ({ secret: { name } }: Look, behind: readonly string[]): Found => ({
  condition: 'held',
  note: `the old credential stays valid, held by follower ${behind.join(', ')}`,
  next: `replicate ${name}`,
})

function scheduled(look: Look, now: number): Found {
  const { name } = look.secret
  const input = planInput(look, now, { type: 'scheduled' })
  const retirement = planRetirement(input)
  if (retirement.do === 'retire')
    return { condition: 'retire', note: 'the grace is over: end the old credential', next: `retire ${name}` }
  if (retirement.do === 'wait' && retirement.for === 'followers') return held(look, input.followers!.behind)
  const plan = planRotation(input)
  const edited = look.state?.anomaly === 'edited' ? 'edited by hand; ' : ''
  const { rotatedBy } = look.facts
  if (plan.do === 'wait')
    return { condition: 'waiting', note: `${edited}due, but waits: ${plan.why}`, at: plan.until, next: `plan ${name}` }
  if (plan.do === 'refuse') return { condition: 'halted', note: plan.why, next: `plan ${name}` }
  if (plan.do !== 'nothing' && rotatedBy)
    return { condition: 'due', note: `${edited}overdue: ${rotatedBy.name} rotates it`, at: now, next: `doctor ${name}` }
  if (plan.do !== 'nothing')
    return { condition: 'due', note: `${edited}older than its interval`, at: now, next: `rotate ${name}` }
  if (retirement.do === 'wait')
    return { condition: 'grace', note: 'the old credential is still valid', at: retirement.until, next: `plan ${name}` }
  if (edited)
    return {
      condition: 'edited',
      note: 'changed by hand since the last rotation',
      at: plan.until,
      next: `check --connect`,
    }
  if (rotatedBy) return { condition: 'ok', note: `${rotatedBy.name} rotates it`, at: plan.until, next: `plan ${name}` }
  if (plan.until === undefined) return { condition: 'manual', note: 'rotated only when asked', next: `plan ${name}` }
  return { condition: 'ok', note: '', at: plan.until, next: `plan ${name}` }
}
