/**
 * A secret as its configuration and its store show it: enough for the pure plans, without waking the target.
 * @module
 */
import type { SecretConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import { kindOf, policyOf } from '../core/fleet/wire.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import type { Call, SecretState } from '../core/ports/secret-store.ts'
import { summary } from '../core/replication/gate.ts'
import type { FollowerReport } from '../core/replication/replication.ts'
import type { Survey } from '../core/replication/survey.ts'
import { type Plan, type PlanInput, planRotation } from '../core/rotation/plan.ts'
import type { RotationPolicy } from '../core/rotation/setup.ts'
import type { Workspace } from './compose.ts'
import { type Lead, leadOf, ledBy, surveyOf } from './members.ts'
import { placeOf, type StoreFacts } from './stores.ts'

export interface Look {
  readonly secret: SecretConfig
  /** Undefined: the store has no such secret. */
  readonly state: SecretState | undefined
  readonly policy: RotationPolicy
  readonly target: Pick<RotationTarget, 'strategy' | 'overlap' | 'kind'>
  /** What the store knows besides. */
  readonly facts: StoreFacts
  /** Who leads; `secret` is then as that member holds it. Absent: it has no followers. */
  readonly lead?: Lead
  /** How the others stand. Absent: they were not asked. */
  readonly followers?: Survey
}

/** The secret as its configuration alone shows it. */
export function configuredLook(workspace: Workspace, name: string): Look {
  const secret = workspace.secret(name)
  return { secret, state: undefined, policy: policyOf(secret), target: kindOf(secret), facts: {} }
}

/** Of a secret with followers: the member that leads now. */
export async function lookAt(workspace: Workspace, name: string, call: Call): Promise<Look> {
  const { secret: configured, ...rest } = configuredLook(workspace, name)
  const lead = await leadOf(workspace, name, call)
  const secret = lead ? ledBy(configured, lead.leader) : configured
  const store = workspace.hasStore(secret.store) ? await workspace.store(secret.store) : undefined
  if (!store && lead?.record) throw gone(workspace, secret, lead.leader)
  const state = await store?.describe(secret.id, call)
  const facts = (state && (await store?.facts?.(secret.id, call))) ?? {}
  return { ...rest, secret, state, facts, ...(lead && { lead }) }
}

/** A file that was there when the first copies were made. */
function gone({ config }: Workspace, { name, store }: SecretConfig, leader: string): RotationError {
  const message = `The store of ${leader}, which leads, is not there.`
  return new RotationError('store-unavailable', message, { secret: name, at: placeOf(config.stores.get(store)!) })
}

/** With every follower visited, if the register says whom they follow. */
export async function withFollowers(
  workspace: Workspace,
  look: Look,
  call: Call,
  heard?: (one: FollowerReport) => void,
): Promise<Look> {
  const { record } = look.lead ?? {}
  if (!record) return look
  const { name } = look.secret
  const followers = await surveyOf(workspace, { name, record, state: look.state, ...(heard && { heard }) }, call)
  return { ...look, followers }
}

export const planInput = (
  { secret, state, policy, target, followers }: Look,
  now: number,
  request: PlanInput['request'],
): PlanInput => ({
  ...{ id: secret.id, policy, target, state, now, request },
  ...(followers && { followers: summary(followers.followers) }),
})

/** What a run of ours would do: where the store itself begins the rotations, we finish them and begin none. */
export function planRun(look: Look, now: number, request: PlanInput['request']): Plan {
  const unled = withoutLead(look)
  if (unled) return unled
  const plan = planRotation(planInput(look, now, request))
  const { rotatedBy, untouchable } = look.facts
  if (plan.do !== 'steps' || plan.resumed) return plan
  if (untouchable !== undefined) return { do: 'refuse', code: 'refused', why: untouchable }
  if (!rotatedBy || request.type === 'emergency') return plan
  const who = `${rotatedBy.name} begins the rotations of this secret`
  if (request.type === 'scheduled') return { do: 'nothing', outcome: 'not-due', why: `${who}.` }
  return { do: 'refuse', code: 'refused', why: `${who}: \`${rotatedBy.command}\`` }
}

/** Who leads is confirmed before anything is changed. */
function withoutLead({ lead, secret: { name } }: Look): Plan | undefined {
  if (!lead || lead.record) return undefined
  if (lead.error) return { do: 'refuse', code: lead.error.code, why: lead.error.message }
  return { do: 'refuse', code: 'refused', why: `no record says who leads; \`lockstep replicate ${name}\` writes it` }
}
