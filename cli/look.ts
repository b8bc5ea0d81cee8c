/**
 * A secret as its configuration and its store show it: enough for the pure plans, without waking the target.
 * @module
 */
import type { SecretConfig } from '../core/config/types.ts'
import { kindOf, policyOf } from '../core/fleet/wire.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import type { Call, SecretState } from '../core/ports/secret-store.ts'
import { type Plan, type PlanInput, planRotation } from '../core/rotation/plan.ts'
import type { RotationPolicy } from '../core/rotation/setup.ts'
import type { Workspace } from './compose.ts'
import type { StoreFacts } from './stores.ts'

export interface Look {
  readonly secret: SecretConfig
  /** Undefined: the store has no such secret. */
  readonly state: SecretState | undefined
  readonly policy: RotationPolicy
  readonly target: Pick<RotationTarget, 'strategy' | 'overlap' | 'kind'>
  /** What the store knows besides. */
  readonly facts: StoreFacts
}

/** The secret as its configuration alone shows it. */
export function configuredLook(workspace: Workspace, name: string): Look {
  const secret = workspace.secret(name)
  return { secret, state: undefined, policy: policyOf(secret), target: kindOf(secret), facts: {} }
}

export async function lookAt(workspace: Workspace, name: string, call: Call): Promise<Look> {
  const { secret, ...rest } = configuredLook(workspace, name)
  const store = workspace.hasStore(secret.store) ? await workspace.store(secret.store) : undefined
  const state = await store?.describe(secret.id, call)
  const facts = (state && (await store?.facts?.(secret.id, call))) ?? {}
  return { ...rest, secret, state, facts }
}

export const planInput = (
  { secret, state, policy, target }: Look,
  now: number,
  request: PlanInput['request'],
): PlanInput => ({ id: secret.id, policy, target, state, now, request })

/** What a run of ours would do: where the store itself begins the rotations, we finish them and begin none. */
export function planRun(look: Look, now: number, request: PlanInput['request']): Plan {
  const plan = planRotation(planInput(look, now, request))
  const { rotatedBy, untouchable } = look.facts
  if (plan.do !== 'steps' || plan.resumed) return plan
  if (untouchable !== undefined) return { do: 'refuse', code: 'refused', why: untouchable }
  if (!rotatedBy || request.type === 'emergency') return plan
  const who = `${rotatedBy.name} begins the rotations of this secret`
  if (request.type === 'scheduled') return { do: 'nothing', outcome: 'not-due', why: `${who}.` }
  return { do: 'refuse', code: 'refused', why: `${who}: \`${rotatedBy.command}\`` }
}
