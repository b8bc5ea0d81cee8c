/**
 * A rotation that was begun and not ended: whether `rotate` can finish it, and how. Pure.
 * @module
 */
import type { PendingState } from '../../ports/secret-store.ts'
import { currentWorks, time } from './diagnose-store.ts'
import type { Judged } from './finding.ts'
import type { Evidence } from './look.ts'

export function* diagnosePending(evidence: Evidence): Iterable<Judged> {
  const { pending, current } = evidence.state
  if (!pending) return
  if (!pending.ours) yield foreign
  else if (pending.published) yield unrecorded(evidence)
  else if (pending.base !== current.version) yield moved(evidence, pending)
  else yield begun(evidence, pending)
}

const foreign: Judged = {
  kind: 'foreign-pending',
  weight: 'blocks',
  explanation:
    'A pending version exists that Lockstep did not make. It is never touched, and nothing rotates beside it.',
  remedy: 'Find its owner; remove it only if nobody waits for it.',
}

const unrecorded = ({ secret }: Evidence): Judged => ({
  kind: 'promotion-unrecorded',
  weight: 'warns',
  explanation: 'Consumers read the new version already, but the promotion is not on record.',
  remedy: `lockstep rotate ${secret}`,
  repair: { do: 'finish' },
})

const pendingWorks = ({ accepts }: Evidence): boolean => (accepts.pending?.accepted.length ?? 0) > 0
const gap = ({ target }: Evidence): boolean => target.overlap === 'gap'

/** Whether the target shows us what a rotation needs to go on. A halt stops it, unless consumers wait. */
function canFinish(evidence: Evidence): boolean {
  const { halted } = evidence.state
  if (halted !== undefined && !gap(evidence)) return false
  return currentWorks(evidence) || pendingWorks(evidence) || evidence.older !== undefined || keyLives(evidence) === true
}

/** Issuing targets: whether pending's key is alive. Undefined: it has none, or we could not look. */
function keyLives({ keys, versions: { pending } }: Evidence): boolean | undefined {
  return keys && pending && keys.some(({ key }) => key === pending.credential.username)
}

function begun(evidence: Evidence, { since, setAt }: PendingState): Judged {
  const { secret, now, policy } = evidence
  const finish = {
    remedy: `lockstep rotate ${secret}`,
    ...(canFinish(evidence) && { repair: { do: 'finish' } as const }),
  }
  if (setAt !== undefined && now < setAt + policy.settle)
    return {
      kind: 'settling',
      weight: 'info',
      explanation: `The target takes up the new credential until ${time(setAt + policy.settle)}; then the rotation goes on.`,
    }
  if (gap(evidence) && !currentWorks(evidence) && pendingWorks(evidence))
    return {
      kind: 'target-ahead-of-store',
      weight: 'blocks',
      explanation: 'URGENT: the target accepts the pending credential and refuses current, which consumers still read.',
      ...finish,
    }
  if (keyLives(evidence) === false)
    return {
      kind: 'pending-key-gone',
      weight: 'warns',
      explanation:
        'The key of the pending version is gone at the issuer; another one is issued when the rotation goes on.',
      ...finish,
    }
  const young = now < since + policy.runLife ? ' The run that began it may still be at work.' : ''
  return {
    kind: 'pending-left-behind',
    weight: 'warns',
    explanation: `A rotation was begun at ${time(since)} and not finished.${young} It goes on with the same value.`,
    ...finish,
  }
}

/** What `rotate` does about an edit is decided by what the target accepts. */
function moved(evidence: Evidence, { since }: PendingState): Judged {
  const { secret, now, policy, versions, target, state } = evidence
  const edit = 'Current was changed by somebody after a rotation had begun'
  const from = Math.max(since, state.current.since) + policy.runLife
  const finding = { kind: 'pending-base-moved', weight: 'warns', remedy: `lockstep rotate ${secret}` } as const
  if (currentWorks(evidence)) {
    if (
      target.strategy === 'alternating-users' &&
      versions.current?.credential.username === versions.pending?.credential.username
    )
      return {
        kind: 'edited-to-pending-login',
        weight: 'blocks',
        explanation: `${edit}, and names the login that the rotation sets. Neither is touched.`,
        remedy: `Put the value back that names the other login: lockstep secret put ${secret}`,
      }
    if (now < from)
      return {
        ...finding,
        explanation: `${edit}, and works. From ${time(from)} on \`rotate\` discards the pending version.`,
      }
    const repair = canFinish(evidence) && { repair: { do: 'finish' } as const }
    return { ...finding, explanation: `${edit}, and works: \`rotate\` discards the pending version.`, ...repair }
  }
  if (!pendingWorks(evidence))
    return { ...finding, explanation: `${edit}; the target does not accept either of them, so both are kept.` }
  return {
    ...finding,
    weight: 'blocks',
    explanation: `URGENT: ${edit}, and the target accepts only the pending credential: \`rotate\` gives the edited value that credential.`,
    ...(canFinish(evidence) && { repair: { do: 'finish' } }),
  }
}
