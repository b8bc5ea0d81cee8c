/**
 * `lockstep rotate --all`: one pass over all secrets, doing what is due.
 * @module
 */
import { errorCodes, isRotationError, type RotationError } from '../../core/errors.ts'
import { type Plan, planRetirement } from '../../core/rotation/plan.ts'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationResult } from '../../core/rotation/setup.ts'
import type { Answer } from '../answer.ts'
import { type Look, lookAt, planInput, planRun } from '../look.ts'
import { stacked } from '../render/block.ts'
import { errorData, errorText } from '../render/error.ts'
import { exitOf, outcomeData, outcomeText } from '../render/outcome.ts'
import type { Session } from '../session.ts'

type Done = { readonly name: string } & ({ readonly result: RotationResult } | { readonly error: RotationError })

/** A secret that fails does not stop the others; the worst exit code is answered. */
export async function sweep(session: Session): Promise<Answer> {
  const names = [...session.workspace.config.secrets.keys()]
  const done: Done[] = []
  for (const name of names) if (!session.io.signal.aborted) done.push(...(await sweepOne(session, name)))
  const failed = done.find(one => 'error' in one)
  return {
    data: { secrets: names.length, done: done.map(dataOf) },
    text: stacked(
      ...done.map(one => textOf(session, one)),
      `${names.length} secrets looked at, ${done.length} with something to do.`,
    ),
    next: failed ? `doctor ${failed.name}` : 'status',
    exit: exitOfAll(done),
  }
}

async function sweepOne(session: Session, name: string): Promise<Done[]> {
  const { workspace, io } = session
  const request = session.request('scheduled')
  const due = async (planner: (look: Look, now: number, asked: typeof request) => Plan) =>
    asksForWork(planner(await lookAt(workspace, name, session.call), io.clock.now(), request))
  const results: Done[] = []
  try {
    for (const [planner, run] of [
      [(...seen: Parameters<typeof planInput>) => planRetirement(planInput(...seen)), retire],
      [planRun, rotate],
    ] as const)
      if (await due(planner)) {
        const setup = await workspace.setup(name)
        const result = await session.working(`${name}: at work`, () => run(setup, request, io.signal))
        results.push({ name, result })
      }
  } catch (error) {
    if (!isRotationError(error)) throw error
    results.push({ name, error })
  }
  return results
}

/** What waits and what is not due is left to `status`; what is refused is tried, so that it is on record. */
const asksForWork = (plan: Plan): boolean => plan.do !== 'wait' && plan.do !== 'nothing'

const dataOf = (one: Done): Answer['data'] =>
  'result' in one ? outcomeData(one.name, one.result) : { secret: one.name, error: errorData(one.error, 'lockstep') }

function textOf({ style, io }: Session, one: Done): string {
  if ('error' in one) return errorText(one.error.in({ secret: one.name }), 'lockstep', style)
  return outcomeText(one.name, one.result, { style, now: io.clock.now() })
}

const exitOfAll = (done: readonly Done[]): NonNullable<Answer['exit']> => {
  const exits = done.map(one => ('result' in one ? exitOf(one.result) : errorCodes[one.error.code].exit))
  return Math.max(0, ...exits) as NonNullable<Answer['exit']>
}
