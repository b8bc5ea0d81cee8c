/**
 * The scenes on a cloud. Each does something to a secret while twenty clients use it, and answers what was counted and found.
 * @module
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRotationError } from '../../core/errors.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import { type Load, loadOf } from '../client.ts'
import { retireWhenAllowed, rotateWhenAllowed } from '../request.ts'
import type { Doomed } from './doomed-worker.ts'
import { type CloudStage, loginIn } from './stage.ts'

export interface Rotations extends Load {
  readonly name: string
  readonly rotations: number
  /** Clients that still fail after every cache was refreshed. */
  readonly leftFailing: number
  /** Requests of Lockstep to the store, by operation, of the last rotation. */
  readonly calls: Readonly<Record<string, number>>
}

interface Asked {
  readonly secret: string
  readonly name: string
  readonly count: number
  readonly reread?: boolean
}

const watchOf = ({ timing: { refresh } }: CloudStage, secret: string, reread = false) => ({ secret, refresh, reread })

/** One strategy, rotated several times; what must be retired between is retired. */
export async function rotations(stage: CloudStage, { secret, name, count, reread }: Asked): Promise<Rotations> {
  const { site } = stage
  const setup = await stage.setup(secret)
  const { counts } = await stage.fleet.during(watchOf(stage, secret, reread), async () => {
    for (let done = 0; done < count; done++) {
      if (setup.target.overlap === 'both-valid') await retireWhenAllowed(setup)
      site.forget()
      expectOutcome(await rotateWhenAllowed(setup), 'rotated')
    }
    await sleep(stage.timing.lag)
  })
  return { name, rotations: count, ...loadOf(counts), leftFailing: counts.failing, calls: tally(site.calls()) }
}

export interface KilledWorker extends Load {
  readonly signal: string
  /** Whether what consumers read was new already, when the worker died. */
  readonly publishedAtDeath: boolean
  /** Whether the server took what the rerun then finished with, when the worker died. */
  readonly newPasswordAtServer: boolean
  readonly sameRotation: boolean
  readonly sameValue: boolean
  readonly pendingFingerprint: string
  readonly finishedFingerprint: string
}

/** SIGKILL when the new value was published and nobody has written it down; where that is one write, just before it. */
export async function killedWorker(stage: CloudStage, secret: string): Promise<KilledWorker> {
  const { site } = stage
  const setup = await stage.setup(secret)
  const { counts, result } = await stage.fleet.during(watchOf(stage, secret), async () => {
    const before = site.current(secret)
    const signal = await killAtRecord(stage, secret)
    const left = await pendingOf(setup)
    const newPasswordAtServer = (await stage.login(left.text)) === 'accepted'
    const publishedAtDeath = site.current(secret).version !== before.version
    const rerun = await rotateWhenAllowed(setup)
    const finished = site.current(secret)
    const prints = [left.text, finished.text].map(text => stage.fingerprint(secret, text))
    return {
      signal,
      publishedAtDeath,
      newPasswordAtServer,
      sameRotation: 'rotation' in rerun && rerun.rotation === left.rotation,
      sameValue: prints[0] === prints[1],
      pendingFingerprint: prints[0]!,
      finishedFingerprint: prints[1]!,
    }
  })
  return { ...result, ...loadOf(counts) }
}

/** Answers the signal that ended the worker. */
async function killAtRecord(stage: CloudStage, secret: string): Promise<string> {
  const worker = fork(path.join(import.meta.dirname, 'doomed-worker.ts'), { execArgv: [] })
  const gone = once(worker, 'exit')
  // the connection breaks before anything is applied, in case the process outlives its last request for a moment
  stage.site.tripwire.arm('record', () => {
    worker.kill('SIGKILL')
    return [{ latencyMs: 300 }, 'reset']
  })
  const { configText, site, timing } = stage
  worker.send({ configText, ca: site.ca, secret, runLife: timing.runLife } satisfies Doomed)
  return String((await gone)[1])
}

async function pendingOf({ store, id, clock }: RotationSetup): Promise<{ rotation: string; text: string }> {
  const call = { signal: new AbortController().signal, deadline: clock.now() + 10_000, run: {} }
  const pending = (await store.describe(id, call))?.pending
  const found = pending && (await store.read(id, { pending: pending.rotation }, call))
  if (!found || found.value === 'disabled') throw new Error('The killed worker has left no pending version.')
  return { rotation: pending.rotation, text: found.value.reveal() }
}

export interface Edit extends Load {
  readonly outcome: 'kept' | 'reported' | 'not seen'
  /** Whether the next rotation has changed the login of what the person wrote, and nothing else. */
  readonly rotatedSince: boolean
  /** Whether what the person wrote can still be read by its version. */
  readonly versionLeft: boolean
  /** What the server says to what is current at the end. */
  readonly currentLogin: 'accepted' | 'refused'
}

const EDIT = { note: 'moved to the new cluster on Friday' }

/** Somebody edits the secret between `set` and the publication: there is a look between the two. */
export const editMeanwhile = (stage: CloudStage, secret: string): Promise<Edit> =>
  edited(stage, secret, (setup, edit) => {
    const target = setup.target as SettableTarget
    const set: SettableTarget['set'] = async (change, call) => {
      await target.set(change, call)
      edit()
    }
    return { ...setup, target: { ...target, set } }
  })

/** Somebody edits it when the publication is on its way: nobody can look any more. */
export const editAtPublication = (stage: CloudStage, secret: string): Promise<Edit> =>
  edited(stage, secret, (setup, edit) => {
    stage.site.tripwire.arm('publish', () => {
      edit()
      return []
    })
    return setup
  })

async function edited(
  stage: CloudStage,
  secret: string,
  prepare: (setup: RotationSetup, edit: () => void) => RotationSetup,
): Promise<Edit> {
  const { site } = stage
  const setup = await stage.setup(secret)
  const { counts, result } = await stage.fleet.during(watchOf(stage, secret), async () => {
    await retireWhenAllowed(setup)
    let put: { readonly version: string; readonly text: string } | undefined
    const edit = () => {
      if (put) return
      const text = JSON.stringify({ ...loginIn(site.current(secret).text), ...EDIT, at: Date.now() })
      put = { version: site.putAsPerson(secret, text), text }
    }
    const reported = await wasReported(() => rotateWhenAllowed(prepare(setup, edit)))
    if (!put) throw new Error('Nobody has edited the secret.')
    const current = site.current(secret).text
    const kept = JSON.stringify(withoutLogin(current)) === JSON.stringify(withoutLogin(put.text))
    const outcome = reported ? 'reported' : kept ? 'kept' : 'not seen'
    return {
      outcome,
      rotatedSince: loginIn(current).password !== loginIn(put.text).password,
      versionLeft: site.valueOf(secret, put.version) === put.text,
      currentLogin: await stage.login(current),
    } as const
  })
  return { ...result, ...loadOf(counts) }
}

/** Anything but a conflict throws. */
async function wasReported(work: () => Promise<RotationResult>): Promise<boolean> {
  try {
    expectOutcome(await work(), 'rotated')
    return false
  } catch (error) {
    if (isRotationError(error, 'conflict')) return true
    throw error
  }
}

const withoutLogin = (text: string): object => ({ ...loginIn(text), username: '', password: '' })

function tally(calls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const op of calls) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

function expectOutcome(result: RotationResult, wanted: RotationResult['outcome']): void {
  if (result.outcome === wanted) return
  throw new Error(`Expected ${wanted}, got ${result.outcome}${'why' in result ? `: ${result.why}` : ''}`)
}
