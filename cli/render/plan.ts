/**
 * A plan in words: each step, who notices, and what is in the way.
 * @module
 */
import { adminOf, type SecretConfig } from '../../core/config/types.ts'
import type { StepName } from '../../core/errors.ts'
import { requiredGrace } from '../../core/policy/consumers.ts'
import { graceEnd, outlivedBy, type Plan } from '../../core/rotation/plan.ts'
import { entropyBits } from '../../core/secret/generate.ts'
import type { Look } from '../look.ts'
import type { Resource } from '../stores.ts'
import { counted } from './block.ts'
import { momentFromNow, span } from './time.ts'

type Line = readonly [label: string, text: string | undefined]

/** What is asked for. */
export type Intent = 'rotation' | 'rollback' | 'emergency'

const intentions = {
  rotation: 'would rotate now',
  rollback: 'would go back to the previous credential',
  emergency: 'would be replaced now, and its old credential ended at once',
} as const satisfies Record<Intent, string>

/** What the next run would do, in one sentence. */
export function headline(plan: Plan, { state }: Look, now: number, intent: Intent): string {
  const age = state ? `current is ${span(now - state.current.since)} old` : ''
  switch (plan.do) {
    case 'steps':
      if (plan.resumed) return 'would finish the rotation that was begun, with the same value'
      return `${intentions[intent]}: ${age}`
    case 'reconcile':
      return 'current was edited while a rotation was pending: would decide by what the target accepts'
    case 'republish':
      return 'current is not what the last rotation left: would publish that again'
    case 'retire':
      return intent === 'emergency'
        ? intentions.emergency
        : 'waits for the old credential, whose grace is over: it can be ended now'
    case 'wait':
      return `waits: ${plan.why}${plan.until === undefined ? '' : ` Until ${momentFromNow(plan.until, now)}.`}`
    case 'nothing':
      return `nothing to do: ${plan.why}${plan.until === undefined ? '' : ` Due ${momentFromNow(plan.until, now)}.`}`
    case 'refuse':
      return `blocked: ${plan.why}`
  }
}

export function stepLines(steps: readonly StepName[], look: Look, intent: Intent): readonly Line[] {
  if (steps.length === 0) return []
  const words = (step: StepName) => differently(step, look, intent) ?? whatHappens(step, look)
  return [...steps, 'retire' as const].map((step, index) => [`${index + 1} ${step}`, words(step)])
}

/** Where it differs from an ordinary rotation. */
function differently(step: StepName, { target }: Look, intent: Intent): string | undefined {
  if (intent === 'emergency' && step === 'retire')
    return 'at once: the old credential and its sessions are ended, and verified refused'
  if (intent !== 'rollback') return undefined
  if (step === 'create') return 'the previous value, stored as pending'
  if (step !== 'set') return undefined
  return target.overlap === 'gap'
    ? 'the login gets its previous password back; the one of today ends at this moment'
    : 'nothing: the previous login is alive, with its own password'
}

function whatHappens(step: StepName, { secret, policy, target }: Look): string {
  const gap = target.overlap === 'gap'
  switch (step) {
    case 'create':
      return `${newValue(secret)}, stored as pending before the target is touched`
    case 'set':
      return setText(secret, gap)
    case 'test':
      return `a new login on every endpoint (${endpoints(secret)})${probes(secret)}`
    case 'finish':
      return `pending becomes current, unless somebody changed current meanwhile`
    case 'retire':
      if (gap) return 'in a later run: the old version is filed away; the target refuses it since set'
      return `in a later run, ${span(policy.grace)} after finish: the old credential is ended and verified refused`
  }
}

const newValue = ({ manual, password, strategy }: SecretConfig): string => {
  if (manual) return 'the value that you bring'
  if (strategy === 'issue-then-revoke') return 'a new key, issued by the target'
  return `a new password (${password.length} characters, ${Math.floor(entropyBits(password))} bits)`
}

function setText({ strategy, users, target, user }: SecretConfig, gap: boolean): string {
  const admin = adminOf(target) ? ', through the admin secret' : ''
  if (gap) return `${user ?? 'the login'} gets it${admin}; the old password ends at this moment`
  if (strategy === 'dual-password')
    return `${user ?? 'the login'} gets it as a second password${admin}; the old one stays valid`
  if (!users) return `it becomes valid at the target${admin}`
  return `whichever of ${users.join(' and ')} is not current gets it${admin}; the other keeps its own`
}

const endpoints = ({ target }: SecretConfig): string =>
  target.kind === 'module' ? target.module : target.endpoints.map(({ name, role }) => `${name} ${role}`).join(', ')

const probes = ({ target }: SecretConfig): string =>
  target.kind !== 'module' && target.probes.length > 0
    ? `, and ${counted(target.probes.length, 'probe statement')} on each`
    : ''

/** What a consumer sees: the promise of the strategy, in words. */
export function downtime(look: Look, intent: Intent): string {
  const { target, policy } = look
  if (intent === 'emergency') return breaksAtOnce(look).join('\n')
  const { replicaLag, propagation = 0 } = policy
  const slowest = Math.max(propagation, requiredGrace(policy.consumers, { replicaLag, propagation }))
  if (target.overlap === 'gap')
    return `a gap: from set to finish (a few round trips) no login works with what consumers read; one that caches the old value${propagation > 0 ? ', or is still shown it by the store,' : ''} fails until it reads ${propagation > 0 ? 'the new one' : 'again'}${slowest > 0 ? `, at most ${span(slowest)}${policy.consumers.length === 0 ? ' and as long as it caches' : ''}` : ''}`
  if (policy.consumers.length === 0 && propagation > 0)
    return `none for consumers that hold a value no longer than ${span(policy.grace - propagation)}; none are declared`
  if (policy.consumers.length === 0)
    return `none for consumers that refresh within ${span(policy.grace)}; none are declared`
  return 'none: old and new are both valid until the grace ends'
}

export const overlapWords = ({ target }: Look): string =>
  target.overlap === 'gap' ? 'gap (one login, one password)' : 'both valid during the grace'

/** One line per consumer that the configuration declares. */
export function consumerLines({ policy, target }: Look): string | undefined {
  const broken = new Set(outlivedBy(policy).map(({ consumer }) => consumer))
  const lines = policy.consumers.map(consumer => {
    const store = policy.propagation ? `, and the store shows the new version within ${span(policy.propagation)}` : ''
    const late = `${consumer.name} refreshes within ${span(consumer.refresh)}${store}`
    if (target.overlap === 'gap') return `${late}: may fail that long`
    return `${late}: ${broken.has(consumer) ? `would break, the grace is ${span(policy.grace)}` : 'safe'}`
  })
  return lines.length === 0 ? undefined : lines.join('\n')
}

/** What rotating makes in the cloud besides the secret, and who can read that. */
export function besideLines(resources: readonly Resource[]): string | undefined {
  return resources.length === 0
    ? undefined
    : resources.map(({ what, readers }) => `${what}\nreadable by ${readers}`).join('\n')
}

/** Whom an emergency breaks, before it does. */
export function breaksAtOnce({ policy, state }: Look): string[] {
  const who = policy.consumers.map(
    ({ name, refresh }) => `Breaks at once: ${name}, until it reads the secret again (at most ${span(refresh)}).`,
  )
  const ended = state?.previous ? ['The previous credential, still in its grace, is ended too.'] : []
  const unknown = ['Breaks at once: every consumer that has not read the new value (none are declared).']
  return [...(who.length > 0 ? who : unknown), ...ended, 'All sessions of the old credential are ended.']
}

/** When the old credential may be ended, if there is one. */
export const retirementLine = ({ state, policy }: Look, now: number): string | undefined => {
  if (!state?.previous) return undefined
  const end = graceEnd(policy, state.promotedAt)
  return end === undefined ? 'a full grace after it is first seen' : momentFromNow(end, now)
}
