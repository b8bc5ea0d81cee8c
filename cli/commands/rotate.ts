/**
 * `lockstep rotate`: begins a rotation, or finishes one that was begun.
 * @module
 */
import { type Command, Option } from 'commander'
import { RotationError } from '../../core/errors.ts'
import { graceEnd } from '../../core/rotation/plan.ts'
import { revokeNow } from '../../core/rotation/retire.ts'
import { rotate, type Steps, standardSteps } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import type { Answer } from '../answer.ts'
import { readValue } from '../input.ts'
import { lookAt } from '../look.ts'
import { orFailOver } from '../members.ts'
import { listed } from '../render/followers.ts'
import { holding } from '../render/held.ts'
import { exitOf, outcomeData, outcomeText } from '../render/outcome.ts'
import { breaksAtOnce } from '../render/plan.ts'
import { iso, momentFromNow } from '../render/time.ts'
import type { Run, Session } from '../session.ts'
import { planAnswer } from './plan.ts'
import { sweep } from './sweep.ts'
import { heard } from './with-followers.ts'

interface RotateOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly valueFile?: string
  readonly revokeNow?: boolean
  readonly reason?: string
}

export function addRotate(program: Command, run: Run): void {
  program
    .command('rotate [name]')
    .summary('replace the credential of a secret')
    .description(
      'Replaces the credential of a secret, if it is due. Finishes a rotation that was begun, with the same value.',
    )
    .option(
      '--force',
      'also when it is not due, outside its window, or halted; never past a rule that protects consumers',
    )
    .option('--dry-run', 'say what would happen, and do nothing')
    .option('--value-file <file>', 'the new password, brought by you; - for stdin')
    .option('--reason <text>', 'kept in the audit trail')
    .option(
      '--revoke-now',
      'emergency: replace, skip the grace, end the old credential and its sessions (needs --reason)',
    )
    .addOption(
      new Option('--all', 'whatever is due of all secrets: retirements, then rotations').conflicts([
        'force',
        'valueFile',
        'revokeNow',
        'dryRun',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  lockstep rotate orders-db              if it is due; otherwise says when
  lockstep rotate orders-db --force      now
  lockstep rotate --all                  from cron: everything that is due
  lockstep rotate orders-db --revoke-now --reason 'leaked in ticket 4711'

Interrupted or failed? Run it again: it goes on where it stopped. Exit codes: lockstep help exit-codes`,
    )
    .action((name: string | undefined, options: RotateOptions) => run(session => rotateCommand(session, name, options)))
}

async function rotateCommand(session: Session, name: string | undefined, options: RotateOptions): Promise<Answer> {
  if (options.all) {
    if (name !== undefined) throw new RotationError('usage', 'Either a name or --all, not both.')
    return sweep(session)
  }
  if (name === undefined) throw new RotationError('usage', 'Which secret? Give its name, or --all.')
  if (options.revokeNow && !options.reason)
    throw new RotationError('usage', 'An emergency needs --reason: it is kept in the audit trail.', { secret: name })
  if (options.dryRun)
    return planAnswer(session, name, { force: options.force === true, emergency: options.revokeNow === true })
  return options.revokeNow ? emergency(session, name, options.reason!) : planned(session, name, options)
}

async function planned(session: Session, name: string, options: RotateOptions): Promise<Answer> {
  const { force, reason, valueFile } = options
  await refuseOthers(session, name)
  const setup = await orFailOver(session.workspace, name, () => session.workspace.setup(name))
  const request = session.request('manual', {
    ...(force && { force }),
    ...(reason !== undefined && { reason }),
    ...(valueFile !== undefined && { value: await readValue(session, valueFile, name) }),
  })
  const result = await orFailOver(session.workspace, name, () =>
    session.working(`${name}: looking`, report =>
      rotate(heard(setup, report), request, session.io.signal, announced(name, report)),
    ),
  )
  return rotatedAnswer(session, name, setup, result)
}

/** What another begins is not begun here; the target is not even asked. What was begun is finished all the same. */
async function refuseOthers(session: Session, name: string): Promise<void> {
  const { workspace, call } = session
  const { store, followers } = workspace.secret(name)
  if (followers.length === 0 && !(await workspace.store(store)).facts) return
  // A store that cannot be read is the engine's to report, and to put on record.
  const look = await lookAt(workspace, name, call).catch(() => undefined)
  const { rotatedBy, untouchable } = look?.facts ?? {}
  if ((!rotatedBy && !untouchable) || look?.state?.pending) return
  const why = untouchable ?? `${rotatedBy!.name} rotates this secret, and only it may begin a rotation.`
  await workspace.record(name, session, {
    event_type: 'rotation_failed',
    result: 'refused',
    metadata: { rotation_type: 'manual', error_code: 'refused', message: why },
  })
  throw new RotationError('refused', why, { secret: name, next: rotatedBy && `Run \`${rotatedBy.command}\`.` })
}

/** The same steps, telling which of them is at work. */
function announced(name: string, report: (label: string) => void): Steps {
  const { create, set, test, finish } = standardSteps
  const saying = <Arguments extends unknown[], Result>(text: string, step: (...given: Arguments) => Result) => {
    return (...given: Arguments): Result => {
      report(`${name}: ${text}`)
      return step(...given)
    }
  }
  return {
    create: saying('create: storing the new value', create),
    set: saying('set: making it valid at the target', set),
    test: saying('test: logging in everywhere', test),
    finish: saying('finish: making it current', finish),
  }
}

async function rotatedAnswer(
  session: Session,
  name: string,
  setup: RotationSetup,
  result: RotationResult,
): Promise<Answer> {
  const now = session.io.clock.now()
  const ends = result.outcome === 'rotated' ? await oldEnds(session, setup) : undefined
  const behind = holding(result)
  const details = [
    ['old credential', ends === undefined ? undefined : oldText(setup, ends, now)],
    ['held by', behind.length === 0 ? undefined : `${listed(behind)}: the old credential lives until all show current`],
  ] as const
  const forced = result.outcome === 'not-due' ? `rotate ${name} --force` : undefined
  return {
    data: { ...outcomeData(name, result), ...(ends !== undefined && { old_valid_until: iso(ends) }) },
    text: outcomeText(name, result, { style: session.style, now, details }),
    next: forced ?? nextOf(name, result, behind),
    exit: exitOf(result),
  }
}

function nextOf(name: string, result: RotationResult, behind: readonly string[]): string {
  if (behind.length > 0) return `replicate ${name}`
  return result.outcome === 'waiting' && result.for !== 'followers' ? `plan ${name}` : `status ${name}`
}

async function oldEnds(session: Session, { store, id, policy }: RotationSetup): Promise<number | undefined> {
  const state = await store.describe(id, { ...session.call, signal: new AbortController().signal })
  return state?.previous && graceEnd(policy, state.promotedAt)
}

const oldText = ({ target, secret }: RotationSetup, ends: number, now: number): string =>
  target.overlap === 'gap'
    ? 'refused by the target since the change'
    : `valid until ${momentFromNow(ends, now)}; then \`lockstep retire ${secret}\` ends it`

async function emergency(session: Session, name: string, reason: string): Promise<Answer> {
  const look = await lookAt(session.workspace, name, session.call)
  for (const line of breaksAtOnce(look)) session.say(line)
  const setup = await session.workspace.setup(name)
  const request: RotationRequest = session.request('emergency', { reason })
  const results = await session.working(`${name}: replacing and ending the old credential`, () =>
    revokeNow(setup, request, session.io.signal),
  )
  const now = session.io.clock.now()
  const waits = results.find(({ outcome }) => outcome === 'waiting')
  return {
    data: {
      ...outcomeData(name, waits ?? results.at(-1)!),
      results: results.map(result => outcomeData(name, result)),
      breaks: breaksAtOnce(look),
    },
    text: results.map(result => outcomeText(name, result, { style: session.style, now })).join('\n'),
    next: waits ? `doctor ${name}` : `history ${name}`,
    exit: waits ? exitOf(waits) : 0,
  }
}
