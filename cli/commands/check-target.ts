/**
 * `lockstep check --target`: the conformance suite over a module's own fixture (its contract: `cli/target-module.ts`).
 * @module
 */
import { resolve } from 'node:path'
import { RotationError, sanitise } from '../../core/errors.ts'
import { importModule, targetDeps } from '../../core/fleet/target-module.ts'
import type { IssuingFixture } from '../../core/testing/issuing-target-conformance.ts'
import type { SettableFixture } from '../../core/testing/settable-target-conformance.ts'
import type { Answer } from '../answer.ts'
import { paragraphs } from '../render/block.ts'
import type { Style } from '../render/style.ts'
import type { Session } from '../session.ts'
import type { TargetModule } from '../target-module.ts'

interface CaseReport {
  readonly name: string
  readonly failure?: string
}

const NEEDS_A_PERSON = 4

export async function checkTarget(session: Session, module: string): Promise<Answer> {
  const file = resolve(session.io.cwd, module)
  const { conformance } = (await importModule(file)) as Partial<TargetModule>
  if (typeof conformance?.make !== 'function')
    throw new RotationError('config-invalid', `The target module ${module} exports no fixture: conformance.make.`, {
      at: module,
      next: 'Export `conformance = { make, without }`: CONTRIBUTING, "A target of your own".',
    })
  const { without = [] } = conformance
  const cases = await casesFor(conformance, session)
  const reports = await session.working('conformance', async report => {
    const done: CaseReport[] = []
    for (const { name, run } of cases) {
      report(name)
      done.push({ name, ...(await failureOf(run)) })
    }
    return done
  })
  return answerOf(session, module, reports, without)
}

/** The suite for the kind of target that the fixture holds. */
async function casesFor({ make, without = [] }: NonNullable<TargetModule['conformance']>, { io }: Session) {
  const deps = targetDeps(io.clock)
  const fixture = await make(deps)
  await fixture.close?.()
  if (fixture.target.kind === 'issuing') {
    const { issuingTargetConformance } = await import('../../core/testing/issuing-target-conformance.ts')
    return issuingTargetConformance(() => make(deps) as Promise<IssuingFixture>)
  }
  const { settableTargetConformance } = await import('../../core/testing/settable-target-conformance.ts')
  return settableTargetConformance(() => make(deps) as Promise<SettableFixture>, { without })
}

/** An assertion of the suite is our text, but for what it says that it got: of that, and of any other error, only the kind is shown. */
async function failureOf(run: () => Promise<void>): Promise<{ failure?: string }> {
  try {
    await run()
    return {}
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError')
      return { failure: error.message.replace(/, got ([\w-]+)[\s\S]*/, ', got $1') }
    const { code, message } = sanitise(error)
    return { failure: `${code}: ${message}` }
  }
}

function answerOf(
  { style }: Session,
  module: string,
  reports: readonly CaseReport[],
  without: readonly string[],
): Answer {
  const holding = reports.filter(({ failure }) => failure === undefined).length
  const ok = holding === reports.length
  const gaps = without.length > 0 ? ` Not tried, the fixture has no: ${without.join(', ')}.` : ''
  const cases = reports.map(({ name, failure = null }) => ({ name, ok: failure === null, failure }))
  return {
    data: { ok, module, without, cases },
    text: paragraphs(
      reports.map(report => caseText(report, style)).join('\n'),
      `${holding} of ${reports.length} cases hold.${gaps}`,
    ),
    next: ok ? 'check' : undefined,
    exit: ok ? 0 : NEEDS_A_PERSON,
  }
}

const caseText = ({ name, failure }: CaseReport, style: Style): string =>
  failure === undefined
    ? `${style.green('✔')} ${name}`
    : `${style.red('✖')} ${name}\n    ${failure.replaceAll('\n', '\n    ')}`
