/**
 * After people have moved current from one login of a pair to the other by hand, the next rotation would set the login that
 * consumers may still hold: it waits for the grace, as it would after a rotation. With two passwords on one login it waits after
 * every edit: what current was before may be the second one, whose place the next rotation takes.
 * @module
 */
import type { SecretState } from '../ports/secret-store.ts'
import { hasOneLogin } from './one-login.ts'
import { Waiting } from './outcome.ts'
import { effectiveGrace } from './plan.ts'
import type { ReadVersion, Run } from './run.ts'

/** Edits that are looked back over at most. */
const EDITS = 20

export async function requireUncachedTwin(run: Run, state: SecretState, current: ReadVersion): Promise<void> {
  const { target, policy, clock } = run.setup
  const until = state.current.since + effectiveGrace(policy)
  if (target.kind !== 'settable' || target.overlap === 'gap' || clock.now() >= until) return
  if (run.request.type === 'emergency') return
  const next = target.nextUsername(current.credential)
  if (hasOneLogin(target) || (await loginsSincePromotion(run, state)).includes(next))
    throw new Waiting('grace', 'Current was changed by hand; consumers may still hold what it was before.', until)
}

/** The logins that current has named since the last promotion, back to what that left: any of them may be cached. */
async function loginsSincePromotion(run: Run, { promotedAt = 0 }: SecretState): Promise<string[]> {
  const { store, id } = run.setup
  const logins: string[] = []
  for (const found of await store.unlabelled(id, EDITS, run.call())) {
    const left = found.rotation !== undefined && (found.createdAt ?? 0) <= promotedAt
    // A rotation's version that is younger than the promotion was discarded: nobody has read it as current.
    if (found.rotation !== undefined && !left) continue
    const login = run.tryRemember(found)?.credential.username
    if (login !== undefined) logins.push(login)
    if (left) break
  }
  return logins
}
