/**
 * `lockstep plan`: what the next run would do. Looks at the store only, unless told to connect.
 * @module
 */
import type { Command } from 'commander'
import { errorCodes, type StepName } from '../../core/errors.ts'
import { dueSince, type Plan, planRetirement, planRollback } from '../../core/rotation/plan.ts'
import { type Answer, WAITING } from '../answer.ts'
import { inspectTarget } from '../inspect.ts'
import { type Look, lookAt, planInput, planRun, withFollowers } from '../look.ts'
import { orFailOver } from '../members.ts'
import { labelled, paragraphs, stacked } from '../render/block.ts'
import { inspectionData, inspectionText } from '../render/inspection.ts'
import {
  besideLines,
  consumerLines,
  downtime,
  headline,
  type Intent,
  overlapWords,
  retirementLine,
  stepLines,
} from '../render/plan.ts'
import { type FollowersView, followerLines, followersData } from '../render/plan-followers.ts'
import { iso, isoOrNull } from '../render/time.ts'
import type { Run, Session } from '../session.ts'
import { besideOf, placeOf, promisesOf } from '../stores.ts'
import { broughtUp, followersView } from './plan-followers.ts'

export interface PlanOptions {
  readonly force?: boolean
  readonly connect?: boolean
  readonly emergency?: boolean
  readonly rollback?: boolean
}

export function addPlan(program: Command, run: Run): void {
  program
    .command('plan <name>')
    .summary('what a rotation would do, and what is in its way')
    .description('Says what the next run would do: step by step, who notices, what blocks it and when it goes on.')
    .option('--force', 'as `rotate --force` would')
    .option('--connect', 'also look at the target: logins, rights, what stands in the way')
    .addHelpText(
      'after',
      `
Examples:
  lockstep plan orders-db
  lockstep plan orders-db --force --connect

Exit code 0: would go on, or nothing to do. 3: waits. 4 and above: blocked (lockstep help exit-codes).`,
    )
    .action((name: string, options: PlanOptions) => run(session => planAnswer(session, name, options)))
}

export async function planAnswer(session: Session, name: string, options: PlanOptions): Promise<Answer> {
  const { workspace, call } = session
  const look = await orFailOver(workspace, name, async () =>
    withFollowers(workspace, await lookAt(workspace, name, call), call),
  )
  const now = session.io.clock.now()
  const plan = planOf(broughtUp(look), now, options)
  const view = { now, intent: intentOf(options) }
  const inspection = options.connect
    ? await session.working(`${name}: looking at the target`, () => inspectTarget(session, look))
    : undefined
  const store = storeData(session, look)
  const followers = await followersView(session, look)
  return {
    data: {
      ...planData(look, plan, view),
      ...store,
      ...followersData(look, followers),
      ...(inspection && { target: inspectionData(inspection) }),
    },
    text: paragraphs(
      planText(session, look, plan, { ...view, followers }),
      inspection && inspectionText(inspection, session.style),
    ),
    next: nextOf(look, plan, options),
    exit: inspection?.exit || exitOf(plan),
  }
}

function planOf(look: Look, now: number, { force, emergency, rollback }: PlanOptions): Plan {
  const type = emergency ? 'emergency' : 'manual'
  const request = { type, ...((force || emergency) && { force: true }) } as const
  const input = planInput(look, now, request)
  if (rollback) return planRollback(input)
  const plan = planRun(look, now, request)
  // What holds a rotation up may be a retirement that could run now.
  return plan.do === 'wait' && plan.for === 'retire' ? retirementInstead(input, plan) : plan
}

function retirementInstead(input: Parameters<typeof planRetirement>[0], waiting: Plan): Plan {
  const retirement = planRetirement(input)
  return retirement.do === 'retire' ? retirement : waiting
}

interface View {
  readonly now: number
  readonly intent: Intent
}

function intentOf({ rollback, emergency }: PlanOptions): Intent {
  if (rollback) return 'rollback'
  return emergency ? 'emergency' : 'rotation'
}

function planText(
  { style, workspace }: Session,
  look: Look,
  plan: Plan,
  { now, intent, followers }: View & { readonly followers: FollowersView },
): string {
  const { secret, state } = look
  const store = workspace.config.stores.get(secret.store)!
  const { publishes, graceFrom, shows } = promisesOf(store)
  const made = hasRotated(look) ? 'keeps' : 'will create'
  return paragraphs(
    stacked(
      `${style.bold(secret.name)} ${headline(plan, look, now, intent)}`,
      labelled(stepLines(stepsOf(plan, intent), look, intent)),
    ),
    labelled([
      ['strategy', secret.strategy],
      ['overlap', overlapWords(look)],
      ['downtime', downtime(look, intent)],
      ['consumers', intent === 'emergency' ? undefined : consumerLines(look)],
      ['old credential', intent === 'emergency' ? undefined : withPrefix('ends from ', retirementLine(look, now))],
      ['store', store.kind === 'local' ? undefined : placeOf(store)],
      ['publishes', store.kind === 'local' ? undefined : publishes],
      ['shows', shows],
      [made, besideLines(besideOf(store, secret.id))],
      ['grace from', graceFrom],
      ['rotated by', rotator(look)],
      ['halted', state?.halted],
      ...followerLines(look, followers),
    ]),
  )
}

/** Then what it makes beside the secret is there already. */
const hasRotated = ({ state }: Look): boolean => state?.promotedAt !== undefined || state?.pending !== undefined

/** Also of a rotation that is not due yet: who asks for a plan wants to know. */
function stepsOf(plan: Plan, intent: Intent): readonly StepName[] {
  if (plan.do === 'steps') return plan.steps
  const would = intent === 'emergency' ? plan.do === 'retire' : plan.do === 'nothing' && plan.outcome === 'not-due'
  return would ? ['create', 'set', 'test', 'finish'] : []
}

const rotator = ({ facts: { rotatedBy, untouchable } }: Look): string | undefined =>
  untouchable ?? (rotatedBy && `${rotatedBy.name}, on its schedule or by \`${rotatedBy.command}\``)

const withPrefix = (prefix: string, text: string | undefined): string | undefined => text && `${prefix}${text}`

function planData(look: Look, plan: Plan, { now, intent }: View): Answer['data'] {
  const { do: action, ...rest } = plan
  const until = 'until' in plan && plan.until !== undefined && { until: iso(plan.until) }
  return {
    secret: look.secret.name,
    do: action,
    ...(rest as Answer['data']),
    ...until,
    headline: headline(plan, look, now, intent),
    strategy: look.secret.strategy,
    overlap: look.target.overlap,
    downtime: downtime(look, intent),
    rotated_by: look.facts.rotatedBy?.name ?? 'lockstep',
    due: isoOrNull(look.state && look.policy.interval && dueSince(look.state) + look.policy.interval),
  }
}

/** What the store adds to a plan. */
function storeData({ workspace }: Session, look: Look): Answer['data'] {
  const { store: name, id, propagation } = look.secret
  const store = workspace.config.stores.get(name)!
  const resources = besideOf(store, id).map(({ what, readers }) => ({ what, readers }))
  return {
    store: { kind: store.kind, publishes: promisesOf(store).publishes, propagation_ms: propagation },
    ...(resources.length > 0 && { beside: { exists: hasRotated(look), resources } }),
  }
}

function exitOf(plan: Plan): NonNullable<Answer['exit']> {
  if (plan.do === 'wait') return WAITING
  return plan.do === 'refuse' ? errorCodes[plan.code].exit : 0
}

function nextOf(
  { secret: { name }, facts, lead }: Look,
  plan: Plan,
  { force, emergency, rollback }: PlanOptions,
): string {
  if (lead && !lead.record && !lead.error) return `replicate ${name}`
  if (plan.do === 'refuse') return plan.code === 'secret-not-found' ? `secret put ${name}` : `doctor ${name}`
  if (emergency && plan.do !== 'wait') return `rotate ${name} --revoke-now --reason …`
  if (plan.do === 'retire') return `retire ${name}`
  if (plan.do === 'wait') return `status ${name}`
  if (rollback) return `rollback ${name}`
  // Begun elsewhere; what was begun is finished here too.
  if (facts.rotatedBy && plan.do === 'nothing') return `status ${name}`
  const needsForce = force || (plan.do === 'nothing' && plan.outcome === 'not-due')
  return `rotate ${name}${needsForce ? ' --force' : ''}`
}
