/**
 * Counts that no machine changes: calls and logins of a rotation and a retirement.
 * @module
 */
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import type { CloudStage } from '../../demo/cloud/stage.ts'
import { byHand } from '../../demo/request.ts'
import { DAY } from '../../test/torture/ask.ts'
import { type Strategy, strategies } from '../arena.ts'
import { loginsIn } from '../counts.ts'
import { type Result, result } from '../result.ts'
import { type Measured, nameOf, openStage, tally } from './measured.ts'

const logins: Readonly<Record<Strategy, number>> = { 'single-user': 2, 'alternating-users': 3 }
/** The first ones make what is made once, and prove once that current works. */
const ROTATIONS = 4
/** Of production: a slow machine must not end a run. */
const RUN_LIFE = 60_000
const never = new AbortController().signal

export async function cloudCounts(measured: Measured): Promise<Result[]> {
  const stage = await openStage(measured.open, { log_connections: 'on' })
  try {
    const results: Result[] = []
    for (const strategy of strategies) results.push(...(await counted(stage, measured, strategy)))
    return results
  } finally {
    await stage.close()
  }
}

async function counted(stage: CloudStage, { name, calls }: Measured, strategy: Strategy): Promise<Result[]> {
  const setup = await stage.driven.setup(nameOf(strategy, 'engine'), RUN_LIFE)
  const most = { calls: [] as readonly string[], logins: 0, refused: 0, retirement: [] as readonly string[] }
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    const retirement = await prepare(stage, setup)
    const before = loginsIn(stage.server.log())
    const made = await asked(stage, setup, rotate, 'rotated')
    const after = loginsIn(stage.server.log())
    if (rotation === 0) continue
    most.logins = Math.max(most.logins, after.attempts - before.attempts)
    most.refused = Math.max(most.refused, after.refused - before.refused)
    if (made.length > most.calls.length) most.calls = made
    if (retirement.length > most.retirement.length) most.retirement = retirement
  }
  const { goal, least } = calls[strategy]
  return [
    result(`${name}, ${strategy}: calls per rotation`, most.calls.length, `(${tally(most.calls)})`, goal),
    result(`${name}, ${strategy}: the least that the store allows`, least.length, `(${tally(least)})`),
    result(`${name}, ${strategy}: logins per rotation`, most.logins, '', logins[strategy]),
    result(`${name}, ${strategy}: of these, made to see them fail`, most.refused, '', 0),
    ...(strategy === 'single-user'
      ? []
      : [result(`${name}, ${strategy}: calls per retirement`, most.retirement.length, `(${tally(most.retirement)})`)]),
  ]
}

/** Lets the time pass that must pass, and retires what must be retired. Answers the calls of that. */
export async function prepare(stage: CloudStage, setup: RotationSetup): Promise<readonly string[]> {
  stage.clock.offset += 2 * DAY
  if (setup.target.overlap === 'gap') return []
  const calls = await asked(stage, setup, retire, 'retired', 'nothing-to-retire')
  stage.clock.offset += 2 * DAY
  return calls
}

async function asked(
  { site, clock }: CloudStage,
  setup: RotationSetup,
  what: typeof rotate | typeof retire,
  ...wanted: readonly RotationResult['outcome'][]
): Promise<readonly string[]> {
  site.forget()
  const { outcome } = await what(setup, byHand({ deadline: clock.now() + 60_000 }), never)
  if (!wanted.includes(outcome)) throw new Error(`Expected ${wanted.join(' or ')}, got ${outcome}.`)
  return site.calls()
}
