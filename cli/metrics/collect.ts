/**
 * What every secret of the configuration has to say in metrics: looked at as `status` does, with the trail that `history` reads.
 * @module
 */
import { type ExitCode, isRotationError } from '../../core/errors.ts'
import { inParallel } from '../../core/fleet/pool.ts'
import { type Sample, samplesOf } from '../../core/metrics/samples.ts'
import { planRetirement } from '../../core/rotation/plan.ts'
import { eventsOf } from '../commands/history.ts'
import { rowOf } from '../commands/status.ts'
import { type Look, planInput } from '../look.ts'
import type { Session } from '../session.ts'

/** Secrets at once. */
const WIDTH = 8
/** A counter counts everything: a window would make it fall. */
const ALL = Number.MAX_SAFE_INTEGER

export interface Collected {
  readonly samples: readonly Sample[]
  readonly secrets: number
  /** The worst of what kept us from looking at a secret: the rest is there all the same. */
  readonly exit: 0 | ExitCode
}

export async function collect(session: Session, visit: boolean): Promise<Collected> {
  const names = [...session.workspace.config.secrets.keys()]
  const found = new Map<string, Awaited<ReturnType<typeof collectOne>>>()
  let fault: unknown
  await session.working(`measuring ${names.length} secrets`, () =>
    inParallel(
      names,
      WIDTH,
      async name => {
        await collectOne(session, name, visit).then(
          one => found.set(name, one),
          error => (fault ??= error),
        )
      },
      () => fault === undefined,
    ),
  )
  if (fault !== undefined) throw fault
  const all = names.flatMap(name => found.get(name) ?? [])
  return {
    samples: all.flatMap(({ samples }) => samples),
    secrets: names.length,
    exit: Math.max(0, ...all.map(({ exit }) => exit)) as 0 | ExitCode,
  }
}

async function collectOne(session: Session, name: string, visit: boolean) {
  const now = session.io.clock.now()
  const { look, condition, error } = await rowOf(session, name, { now, visit })
  const { secret, state, policy, followers } = look
  const observed = {
    secret: name,
    environment: session.workspace.config.environment ?? 'default',
    type: secret.target.kind,
    schedule: { interval: policy.interval, window: policy.window },
    state,
    halted: condition === 'halted',
    heldByFollowers: heldByFollowers(look, now),
    followers: followers?.followers,
    events: await trailOf(session, name),
  }
  return { samples: samplesOf(observed, now), exit: error?.exitCode ?? (0 as const) }
}

function heldByFollowers(look: Look, now: number): boolean {
  const plan = planRetirement(planInput(look, now, { type: 'scheduled' }))
  return plan.do === 'wait' && plan.for === 'followers'
}

/** A trail that is kept elsewhere, or cannot be read, leaves out what only it knows. */
async function trailOf(session: Session, name: string) {
  try {
    return await eventsOf(session, name, ALL)
  } catch (error) {
    if (!isRotationError(error) || error.code === 'aborted') throw error
    session.say(`${name}: runs are not counted: ${error.message}`)
    return undefined
  }
}
