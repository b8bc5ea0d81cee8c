/**
 * Carries repairs out, each on record. Whatever changes the target looks at the store once more before.
 * @module
 */
import { RotationError, sanitise } from '../../errors.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import type { SecretState, VersionId } from '../../ports/secret-store.ts'
import type { Credential } from '../../secret/credential.ts'
import { retire } from '../retire.ts'
import { rotate } from '../rotate.ts'
import type { Run } from '../run.ts'
import type { RotationResult } from '../setup.ts'
import type { Judged, Remedy } from './finding.ts'

/** Undefined: repaired. Else why not: also an interruption, which the next look at the secret throws. */
export async function actOn(
  run: Run,
  seen: SecretState,
  finding: Judged,
): Promise<{ code: string; message: string } | undefined> {
  try {
    const result = await carryOut(run, seen, finding)
    if (result?.outcome !== 'waiting') return undefined
    return { code: `waiting-${result.for}`, message: result.why }
  } catch (error) {
    const { code, message } = sanitise(error)
    await note(run, finding, 'failure', { error_code: code, message })
    return { code, message }
  }
}

type Result = 'waiting' | 'success' | 'failure'

const note = (run: Run, { kind }: Judged, result: Result, more: object = {}): Promise<void> =>
  run.record('repaired', { result, details: { finding: kind, ...more } })

async function carryOut(run: Run, seen: SecretState, finding: Judged): Promise<RotationResult | undefined> {
  const remedy = finding.repair!
  switch (remedy.do) {
    case 'clear-halt':
    case 'republish':
    case 'unlabel':
      return inStore(run, seen, finding, remedy)
    case 'finish':
      return byEngine(run, finding, rotate)
    case 'retire':
      return byEngine(run, finding, retire)
    default:
      return atTarget(run, seen, finding, remedy)
  }
}

type Repair<Kind extends Remedy['do']> = Extract<Remedy, { do: Kind }>

async function inStore(
  run: Run,
  seen: SecretState,
  { kind }: Judged,
  remedy: Repair<'clear-halt' | 'republish' | 'unlabel'>,
): Promise<undefined> {
  const { store, id, policy } = run.setup
  if (remedy.do === 'unlabel') {
    await store.claimRetire(id, remedy.previous, policy.runLife, run.call())
    await lookAgain(run, seen)
  }
  const event = run.event('repaired', { result: 'success', details: { finding: kind } })
  await run.recorded<void>(event, async call => {
    if (remedy.do === 'clear-halt') await store.note(id, { halted: null, attempts: 0 }, call)
    else if (remedy.do === 'unlabel') await store.retirePrevious(id, remedy.previous, call)
    else await store.republish?.(id, call)
  })
}

/** The engine's own rules decide, and record, what happens. */
async function byEngine(run: Run, finding: Judged, act: typeof retire | typeof rotate): Promise<RotationResult> {
  const result = await act(run.setup, run.request, run.signal)
  const details = { outcome: result.outcome, ...('rotation' in result && { rotation_id: result.rotation }) }
  await note(run, finding, result.outcome === 'waiting' ? 'waiting' : 'success', details)
  return result
}

/** The line before the change says what was begun, should there be none after it. */
async function atTarget(
  run: Run,
  seen: SecretState,
  finding: Judged,
  remedy: Repair<'mend' | 'restore' | 'revoke'>,
): Promise<undefined> {
  const { target } = run.setup
  await note(run, finding, 'waiting')
  await lookAgain(run, seen)
  if (remedy.do === 'mend') await remedy.fix(run.targetCall)
  else if (target.kind === 'issuing') await target.revoke((remedy as Repair<'revoke'>).key, run.targetCall)
  else await restore(run, seen, target, (remedy as Repair<'restore'>).from)
  await note(run, finding, 'success')
}

/**
 * Nobody else can be changing this login meanwhile: a rotation needs a credential that the target accepts, and there is none
 * but `from`, which is a condition of this change too.
 */
async function restore(run: Run, seen: SecretState, target: SettableTarget, from: VersionId | 'admin'): Promise<void> {
  const { credential } = await run.read(seen.current.version)
  run.requireTime(run.setup.policy.cutover)
  if (from === 'admin') await target.force!(credential, run.targetCall)
  else await setFrom(run, target, (await run.read(from)).credential, credential)
  const { refused } = await target.accepts(credential, run.targetCall)
  if (refused.length === 0) return
  throw new RotationError('target-busy', 'The target was set to current, and an endpoint does not show it yet.', {
    at: refused.join(', '),
  })
}

/** Where two passwords are valid at once, what was restored does not stay one of them. */
async function setFrom(
  { targetCall }: Run,
  target: SettableTarget,
  held: Credential,
  wanted: Credential,
): Promise<void> {
  await target.set({ current: held, pending: wanted }, targetCall)
  if (target.strategy === 'dual-password') await target.end({ previous: held, current: wanted }, targetCall)
}

/** A run that was at work while we looked would make what we saw untrue. */
async function lookAgain(run: Run, { current, pending }: SecretState): Promise<void> {
  const now = await run.describe()
  if (now?.current.version !== current.version || now.pending?.rotation !== pending?.rotation)
    throw new RotationError('stale', 'The secret changed while the doctor looked at it.')
}
