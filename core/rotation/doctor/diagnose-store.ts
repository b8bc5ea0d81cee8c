/**
 * What the record in the store says: halts, retirements, edits. Pure.
 * @module
 */
import { type ErrorCode, errorCodes } from '../../errors.ts'
import type { Instant } from '../../ports/clock.ts'
import { sharesCredential } from '../one-login.ts'
import type { Judged } from './finding.ts'
import type { Evidence } from './look.ts'

export const time = (instant: Instant): string => new Date(instant).toISOString()

/** Every endpoint was seen to accept current. */
export const currentWorks = ({ accepts }: Evidence): boolean => accepts.current?.refused.length === 0

export function* diagnoseStore(evidence: Evidence): Iterable<Judged> {
  yield* anomaly(evidence)
  yield* retirement(evidence)
}

function* anomaly(evidence: Evidence): Iterable<Judged> {
  const { anomaly, pending } = evidence.state
  if (anomaly === 'regressed')
    yield {
      kind: 'regressed',
      weight: 'blocks',
      explanation: 'Consumers read an older version than the last rotation left.',
      repair: { do: 'republish' },
    }
  if (anomaly === 'edited' && !pending)
    yield {
      kind: 'edited',
      weight: 'info',
      explanation: `Current was changed by somebody after the last rotation${currentWorks(evidence) ? ', and works' : ''}. The next rotation starts from it.`,
    }
}

function* retirement(evidence: Evidence): Iterable<Judged> {
  const { state, policy, now, secret } = evidence
  const { previous, pending, retiring, promotedAt } = state
  if (!previous) return
  if (sharesLogin(evidence)) return yield shared(evidence)
  if (retiring !== undefined) return yield claimed(evidence, retiring)
  if (pending) return
  if (promotedAt === undefined)
    yield {
      kind: 'grace-unknown',
      weight: 'warns',
      explanation: 'A previous credential is alive, and no promotion is on record from which its grace could count.',
    }
  // a run's life later, because the run that retires it may be at work
  else if (now >= promotedAt + policy.grace + policy.runLife)
    yield {
      kind: 'retirement-overdue',
      weight: 'warns',
      explanation: `The grace of the previous credential ended at ${time(promotedAt + policy.grace)}, and it is still alive.`,
      remedy: `lockstep retire ${secret}`,
    }
}

/** Ending the previous credential would end what consumers read. */
function sharesLogin({ versions: { current, previous }, target }: Evidence): boolean {
  if (!current || !previous || target.strategy === 'single-user') return false
  return sharesCredential(target, current.credential, previous.credential)
}

function claimed({ policy, now, secret }: Evidence, retiring: Instant): Judged {
  const until = retiring + policy.runLife
  if (now < until)
    return {
      kind: 'retirement-running',
      weight: 'info',
      explanation: `A run claimed the retirement of the previous credential at ${time(retiring)}; until ${time(until)} it may be at work.`,
    }
  return {
    kind: 'retirement-abandoned',
    weight: 'warns',
    explanation: `A run claimed the retirement of the previous credential at ${time(retiring)} and did not finish it.`,
    remedy: `lockstep retire ${secret}`,
    repair: { do: 'retire' },
  }
}

/**
 * The label alone can go: the login is current's. But not before every consumer that cached what current was before the edit
 * has read the edit: the next rotation takes that other login.
 */
function shared(evidence: Evidence): Judged {
  const { state, policy, now } = evidence
  const { previous, pending, retiring, current } = state
  const from = Math.max(current.since + policy.grace, retiring === undefined ? 0 : retiring + policy.runLife)
  const safe = currentWorks(evidence) && !pending && now >= from
  return {
    kind: 'previous-shares-login',
    weight: 'blocks',
    explanation:
      'Current names the login of the previous credential: it was edited, or copied from it. That login is never ended, ' +
      `and nothing rotates until the store calls it previous no longer.${safe || pending ? '' : ` Safe from ${time(from)} if current works.`}`,
    ...(safe && { repair: { do: 'unlabel', previous: previous!.version } }),
  }
}

/** `blocked`: the causes that still stand. Halted is what keeps them from being tried for ever. */
export function* diagnoseHalt(evidence: Evidence, blocked: readonly Judged[]): Iterable<Judged> {
  const { halted, attempts } = evidence.state
  if (halted === undefined) return
  const causes = blocked.map(({ kind }) => kind)
  const safe = currentWorks(evidence) && causes.length === 0
  const meaning = halted in errorCodes ? ` (${errorCodes[halted as ErrorCode].meaning})` : ''
  yield {
    kind: 'halted',
    weight: 'blocks',
    explanation: `Rotations are stopped after ${attempts} failed tries: ${halted}${meaning}.`,
    remedy: safe
      ? `lockstep doctor ${evidence.secret} --fix`
      : `Mend first: ${causes.join(', ') || 'current must be accepted on every endpoint'}.`,
    ...(safe && { repair: { do: 'clear-halt' } }),
  }
}
