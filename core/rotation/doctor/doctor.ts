/**
 * Finds stuck states, explains them, and repairs what is provably safe to repair.
 * @module
 */
import { Run } from '../run.ts'
import type { RotationRequest, RotationSetup } from '../setup.ts'
import { diagnosePending } from './diagnose-pending.ts'
import { diagnoseHalt, diagnoseStore } from './diagnose-store.ts'
import { diagnoseTarget } from './diagnose-target.ts'
import { type Diagnosis, type DoctorFinding, type Judged, published } from './finding.ts'
import { type Evidence, look } from './look.ts'
import { actOn } from './repair.ts'

export type { Diagnosis, DoctorFinding } from './finding.ts'

/** Changes nothing. What is wrong with the target is a finding; that the store cannot be read is thrown. */
export async function diagnose(
  setup: RotationSetup,
  request: RotationRequest,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { judged } = await examined(new Run(setup, request, signal))
  return { secret: setup.secret, findings: judged.map(published) }
}

export interface Left extends DoctorFinding {
  /** Why its repair did not succeed: an error's code and message, or what it waits for. */
  readonly failed?: { readonly code: string; readonly message: string }
}

export interface Repairs {
  readonly secret: string
  readonly repaired: readonly DoctorFinding[]
  /** What a diagnosis after the last repair still finds. */
  readonly left: readonly Left[]
}

/** Repairs at most; each round repairs once and looks again, because a repair decided on what was seen before it is a guess. */
const ROUNDS = 8

export async function repair(setup: RotationSetup, request: RotationRequest, signal: AbortSignal): Promise<Repairs> {
  const asked = plain(request)
  const repaired: DoctorFinding[] = []
  const failures = new Map<string, NonNullable<Left['failed']>>()
  for (let round = 0; ; round++) {
    const run = new Run(setup, asked, signal)
    const { judged, evidence } = await examined(run)
    // where the secret only moved in between, what is seen now is news
    const given = [...failures].filter(([, { code }]) => code !== 'stale').map(([name]) => name)
    const tried = new Set([...repaired.map(nameOf), ...given])
    const next = round < ROUNDS ? nextOf(judged, tried) : []
    if (next.length === 0 || !evidence) return { secret: setup.secret, repaired, left: judged.map(leftOf(failures)) }
    for (const finding of next) {
      const failed = await actOn(run, evidence.state, finding)
      if (failed) failures.set(nameOf(finding), failed)
      else repaired.push(published(finding))
    }
  }
}

/** The doctor finishes; it takes no value, trigger or force along that could begin something. */
function plain({ type, actor, deadline, reason = 'doctor' }: RotationRequest): RotationRequest {
  return { type: type === 'emergency' ? 'manual' : type, actor, deadline, reason }
}

/** A secret has one finding of a kind; the target may have several, about several logins. */
const nameOf = ({ kind, explanation }: Pick<Judged, 'kind' | 'explanation'>): string => `${kind}: ${explanation}`

const leftOf =
  (failures: ReadonlyMap<string, NonNullable<Left['failed']>>) =>
  (finding: Judged): Left => {
    const failed = failures.get(nameOf(finding))
    return { ...published(finding), ...(failed && { failed }) }
  }

const order = ['mend', 'republish', 'restore', 'clear-halt', 'finish', 'revoke', 'retire', 'unlabel'] as const

/** The repairs of one kind that are not yet tried: users and rights before passwords, passwords before rotations. */
function nextOf(judged: readonly Judged[], tried: ReadonlySet<string>): readonly Judged[] {
  const open = judged.filter(finding => finding.repair && !tried.has(nameOf(finding)))
  for (const kind of order) {
    const found = open.filter(({ repair }) => repair?.do === kind)
    // the target's own repairs can be repeated and do not depend on each other
    if (found.length > 0) return kind === 'mend' ? found : found.slice(0, 1)
  }
  return []
}

async function examined(run: Run): Promise<{ judged: readonly Judged[]; evidence?: Evidence }> {
  const evidence = await look(run)
  return evidence ? { judged: judge(evidence), evidence } : { judged: [absent(run.setup.secret)] }
}

/** Pure. */
export function judge(evidence: Evidence): readonly Judged[] {
  const target = [...diagnoseTarget(evidence)]
  const pending = [...diagnosePending(evidence)]
  const blocked = target.filter(({ weight, repair }) => weight === 'blocks' && !repair)
  return [...pending, ...target, ...diagnoseHalt(evidence, blocked), ...diagnoseStore(evidence)]
}

const absent = (secret: string): Judged => ({
  kind: 'secret-not-found',
  weight: 'blocks',
  explanation: 'The store has no such secret.',
  remedy: `lockstep secret put ${secret}`,
})
