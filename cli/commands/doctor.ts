/**
 * `lockstep doctor`: what is stuck, why, and the repairs that are provably safe.
 * @module
 */
import type { Command } from 'commander'
import { isRotationError, type RotationError } from '../../core/errors.ts'
import {
  type Diagnosis,
  type DoctorFinding,
  diagnose,
  type Repairs,
  repair,
} from '../../core/rotation/doctor/doctor.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import type { Answer } from '../answer.ts'
import { orFailOver } from '../members.ts'
import { stacked } from '../render/block.ts'
import { errorData, errorText } from '../render/error.ts'
import { findingText } from '../render/inspection.ts'
import type { Run, Session } from '../session.ts'
import { withFollowerFindings } from './doctor-followers.ts'
import { withStoreFindings } from './doctor-store.ts'

const NEEDS_A_PERSON = 4

type Visit = { readonly secret: string } & (Diagnosis | Repairs | { readonly error: RotationError })

export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor [name]')
    .summary('find what is stuck, explain it, repair what is safe')
    .description(
      'Looks at store and target together: pending versions left behind, a target ahead of its store or behind it, abandoned claims, half-made users, followers that do not show current. Changes nothing without --fix; with it, only what is provably safe.',
    )
    .option('--fix', 'repair what is provably safe to repair; followers that are behind get their copy')
    .addHelpText('after', '\nExamples:\n  lockstep doctor\n  lockstep doctor orders-db --fix')
    .action((name: string | undefined, { fix }: { fix?: boolean }) =>
      run(session => doctor(session, name, fix === true)),
    )
}

async function doctor(session: Session, name: string | undefined, fix: boolean): Promise<Answer> {
  const names = name === undefined ? [...session.workspace.config.secrets.keys()] : [name]
  const visits = await session.working('looking', async report => {
    const done: Visit[] = []
    for (const secret of names) {
      report(`${secret}: ${fix ? 'repairing' : 'looking'}`)
      done.push(await visit(session, secret, fix))
    }
    return done
  })
  const failed = visits.find(seen => 'error' in seen)
  const exit = failed ? failed.error.exitCode : visits.some(isBlocked) ? NEEDS_A_PERSON : 0
  return {
    data: { ok: exit === 0, secrets: visits.map(dataOf) },
    text: visits.map(seen => textOf(session, seen)).join('\n'),
    next: nextOf(visits, fix),
    exit,
  }
}

async function visit(session: Session, secret: string, fix: boolean): Promise<Visit> {
  try {
    return await orFailOver(session.workspace, secret, async () => {
      const setup = await session.workspace.setup(secret)
      const seen = await (fix ? repair : diagnose)(setup, session.request('manual'), session.io.signal)
      const stored = await withStoreFindings(session, secret, seen, fix)
      return withFollowerFindings(session, secret, stored, fix)
    })
  } catch (error) {
    if (!isRotationError(error)) throw error
    return { secret, error: error.in({ secret }) }
  }
}

const weights: readonly DoctorFinding['weight'][] = ['blocks', 'warns', 'info']

/** What a person has to know first comes first. */
const remaining = (seen: Visit): readonly DoctorFinding[] => {
  if ('error' in seen) return []
  const found = 'findings' in seen ? seen.findings : seen.left
  return [...found].sort((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight))
}

const isBlocked = (seen: Visit): boolean => remaining(seen).some(({ weight }) => weight === 'blocks')

function dataOf(seen: Visit): Record<string, Loggable> {
  const { secret } = seen
  if ('error' in seen) return { secret, error: errorData(seen.error, 'lockstep') }
  const plain = (findings: readonly DoctorFinding[]): Loggable => findings.map(finding => ({ ...finding }))
  const findings = plain(remaining(seen))
  return 'repaired' in seen ? { secret, repaired: plain(seen.repaired), findings } : { secret, findings }
}

function textOf({ style }: Session, seen: Visit): string {
  if ('error' in seen) return errorText(seen.error, 'lockstep', style)
  const repaired = 'repaired' in seen ? seen.repaired : []
  const left = remaining(seen)
  if (repaired.length + left.length === 0) return `${style.green('✔')} ${style.bold(seen.secret)} is well`
  return stacked(
    style.bold(seen.secret),
    ...repaired.map(({ explanation, kind }) => `  ${style.green('✔')} repaired: ${explanation} [${kind}]`),
    ...left.map(finding => stacked(findingText(finding, style), leftText(finding, 'repaired' in seen))),
  )
}

function leftText(finding: DoctorFinding & { failed?: { message: string } }, tried: boolean): string | undefined {
  if (finding.failed) return `    not repaired: ${finding.failed.message}`
  return finding.fixable && !tried ? '    --fix repairs it' : undefined
}

function nextOf(visits: readonly Visit[], fix: boolean): string {
  const fixable = visits.filter(seen => remaining(seen).some(finding => finding.fixable))
  if (!fix && fixable.length > 0) return `doctor ${fixable.length === 1 ? `${fixable[0]!.secret} ` : ''}--fix`
  return visits.length === 1 ? `status ${visits[0]!.secret}` : 'status'
}
