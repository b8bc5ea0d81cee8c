/**
 * The five scenes. Each does something to a secret while twenty clients use it, and answers what was counted and found.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { rollback, rotate } from '../core/rotation/rotate.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { type Load, loadOf } from './client.ts'
import { quick } from './playground.ts'
import { byHand, retireWhenAllowed, rotateWhenAllowed } from './request.ts'
import type { Stage } from './stage.ts'

export interface Rotations extends Load {
  readonly name: string
  readonly rotations: number
  /** Clients that still fail after every cache was refreshed. */
  readonly leftFailing: number
}

const { refresh } = quick
const never = new AbortController().signal

/** One strategy, rotated several times; what must be retired between is retired. */
export async function rotations(
  stage: Stage,
  { name, secret, count, reread = false }: { name: string; secret: string; count: number; reread?: boolean },
): Promise<Rotations> {
  const setup = await stage.setup(secret)
  const { counts } = await stage.fleet.during({ secret, refresh, reread }, async () => {
    for (let done = 0; done < count; done++) expectOutcome(await rotateWhenAllowed(setup), 'rotated')
  })
  return { name, rotations: count, ...loadOf(counts), leftFailing: counts.failing }
}

export interface KilledWorker extends Load {
  readonly signal: string
  /** Whether the server already took the new password when the worker died. */
  readonly newPasswordAtServer: boolean
  readonly rotation: string
  readonly finishedRotation: string
  readonly pendingFingerprint: string
  readonly finishedFingerprint: string
  readonly sameRotation: boolean
  readonly sameValue: boolean
}

/** SIGKILL between `set` and `finish`; then another worker is asked for a rotation. */
export async function killedWorker(stage: Stage, secret: string): Promise<KilledWorker> {
  const setup = await stage.setup(secret)
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    const signal = await killAfterSet(stage, secret)
    const left = await stage.look(setup)
    if (!left.pending || !left.pendingRotation) throw new Error('The killed worker has left no pending version.')
    const newPasswordAtServer = (await stage.login(setup, left.pending)) === 'accepted'
    expectOutcome(await rotate(setup, byHand(), never), 'rotated')
    const finished = await stage.look(setup)
    const [rotation, finishedRotation] = [left.pendingRotation, finished.currentRotation ?? 'none']
    const pendingFingerprint = stage.fingerprint(setup, left.pending)
    const finishedFingerprint = stage.fingerprint(setup, finished.current)
    return {
      ...{ signal, newPasswordAtServer, rotation, finishedRotation, pendingFingerprint, finishedFingerprint },
      sameRotation: rotation === finishedRotation,
      sameValue: pendingFingerprint === finishedFingerprint,
    }
  })
  return { ...result, ...loadOf(counts) }
}

/** Answers the signal that ended the worker. */
async function killAfterSet(stage: Stage, secret: string): Promise<string> {
  const file = path.join(import.meta.dirname, 'doomed-worker.ts')
  const worker = fork(file, [stage.playground.configFile, secret], { execArgv: [] })
  const gone = once(worker, 'exit')
  const said = await Promise.race([once(worker, 'message'), gone.then(() => ['exit'])])
  if (said[0] !== 'set') throw new Error('The worker ended before it was killed.')
  worker.kill('SIGKILL')
  return String((await gone)[1])
}

export interface Retirement extends Load {
  /** What the server said to the old password before and after. */
  readonly before: 'accepted' | 'refused'
  readonly after: 'accepted' | 'refused'
}

/** The previous credential is ended after its grace, while the clients go on with the new one. */
export async function retirement(stage: Stage, secret: string): Promise<Retirement> {
  const setup = await stage.setup(secret)
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    const { previous } = await stage.look(setup)
    if (!previous) throw new Error('There is no previous version to retire.')
    const before = await stage.login(setup, previous)
    expectOutcome(await retireWhenAllowed(setup), 'retired')
    return { before, after: await stage.login(setup, previous) }
  })
  return { ...result, ...loadOf(counts) }
}

export interface Rollback extends Load {
  readonly fingerprintBefore: string
  readonly fingerprintRotated: string
  readonly fingerprintAfter: string
  readonly restored: boolean
  /** Consumers that already hold what was rolled back from go on working for a grace. */
  readonly rolledBackFrom: 'accepted' | 'refused'
}

/** A rotation, and back again at once. */
export async function rollbackUnderLoad(stage: Stage, secret: string): Promise<Rollback> {
  const setup = await stage.setup(secret)
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    const seen = [await stage.look(setup)]
    expectOutcome(await rotateWhenAllowed(setup), 'rotated')
    seen.push(await stage.look(setup))
    expectOutcome(await rollback(setup, byHand(), never), 'rolled-back')
    seen.push(await stage.look(setup))
    const [before, rotated, after] = fingerprints(
      stage,
      setup,
      seen.map(look => look.current),
    )
    return {
      fingerprintBefore: before!,
      fingerprintRotated: rotated!,
      fingerprintAfter: after!,
      restored: before === after && before !== rotated,
      rolledBackFrom: await stage.login(setup, seen[1]!.current),
    }
  })
  return { ...result, ...loadOf(counts) }
}

const fingerprints = (stage: Stage, setup: RotationSetup, values: Parameters<Stage['fingerprint']>[1][]): string[] =>
  values.map(value => stage.fingerprint(setup, value))

function expectOutcome(result: { outcome: string; why?: string }, wanted: string): void {
  if (result.outcome !== wanted) throw new Error(`Expected ${wanted}, got ${result.outcome}: ${result.why ?? ''}`)
}
