/**
 * The scenes on AWS. Each does something to a secret while twenty clients use it, and answers what was counted and found.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DrivenRotation, Outcome } from '../../test/fakes/aws/rotation-driver.ts'
import { type Load, loadOf } from '../client.ts'
import { type Labelled, loginIn } from './cloud.ts'
import { type AwsStage, REFRESH_MS } from './stage.ts'
import { Template } from './template.ts'

export interface Rotations extends Load {
  readonly name: string
  readonly rotations: number
  /** Clients that still fail after every cache was refreshed. */
  readonly leftFailing: number
  /** Requests of the function to Secrets Manager, by operation, of the last rotation. */
  readonly calls: Readonly<Record<string, number>>
}

const refresh = REFRESH_MS

/** One strategy, rotated several times; caches are refreshed between. */
export async function rotations(
  stage: AwsStage,
  { name, secret, count, reread = false }: { name: string; secret: string; count: number; reread?: boolean },
): Promise<Rotations> {
  const { calls } = stage.cloud.fake
  const { counts } = await stage.fleet.during({ secret, refresh, reread }, async () => {
    for (let done = 0; done < count; done++) {
      if (done > 0) await sleep(2 * refresh)
      calls.reset()
      expectOutcome(await stage.rotate(secret), 'succeeded')
    }
  })
  return { name, rotations: count, ...loadOf(counts), leftFailing: counts.failing, calls: stage.calls() }
}

export interface KilledRuntime extends Load {
  readonly errorType: string
  readonly attempts: number
  /** Whether the server already took the new password, and consumers were not told of it, when the process died. */
  readonly newPasswordAtServer: boolean
  readonly promotedAtDeath: boolean
  readonly sameToken: boolean
  readonly sameValue: boolean
  readonly pendingFingerprint: string
  readonly finishedFingerprint: string
}

/** SIGKILL between set and promote. Secrets Manager attempts the rotation again, with the same token. */
export async function killedRuntime(stage: AwsStage, secret: string): Promise<KilledRuntime> {
  const { cloud } = stage
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    let left: { readonly pending: Labelled; readonly current: Labelled; readonly login: string } | undefined
    let killing: Promise<void> | undefined
    const rotated = await stage.rotate(secret, {
      betweenSteps: async ({ step, attempt }) => {
        if (step !== 'finishSecret' || attempt > 1) return
        killing = stage.killAtPromotion()
        killing.catch(() => {}) // awaited below
      },
      pause: async () => {
        await killing
        const [pending, current] = [cloud.labelled(secret, 'AWSPENDING'), cloud.current(secret)]
        if (!pending) throw new Error('The killed runtime has left no pending version.')
        left = { pending, current, login: await stage.login(pending) }
      },
    })
    expectOutcome(rotated, 'succeeded')
    if (!left) throw new Error('The runtime was not killed.')
    const finished = cloud.current(secret)
    const fingerprints = [left.pending, finished].map(version => stage.fingerprint(secret, version))
    return {
      errorType: rotated.failure?.errorType ?? 'none',
      attempts: rotated.attempts,
      newPasswordAtServer: left.login === 'accepted',
      promotedAtDeath: left.current.version === rotated.token,
      sameToken: left.pending.version === finished.version,
      sameValue: fingerprints[0] === fingerprints[1],
      pendingFingerprint: fingerprints[0]!,
      finishedFingerprint: fingerprints[1]!,
    }
  })
  return { ...result, ...loadOf(counts) }
}

export interface LeftByTemplate extends Load {
  /** What the server said to what consumers read, when the template had died, and after. */
  readonly before: 'accepted' | 'refused'
  readonly after: 'accepted' | 'refused'
  readonly sameToken: boolean
  readonly sameValue: boolean
  readonly pendingFingerprint: string
  readonly finishedFingerprint: string
  readonly leftFailing: number
}

/** A template changes the password and dies before it promotes; then the secret gets another function. */
export async function leftByTemplate(stage: AwsStage, secret: string): Promise<LeftByTemplate> {
  const { cloud } = stage
  const client = cloud.fake.client()
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    const template = new Template(client)
    const { token } = await stage.rotate(secret, { attempts: 1 }, async event =>
      event.Step === 'testSecret'
        ? { ok: false, errorType: 'Sandbox.Timedout', errorMessage: 'The demo has ended it here.' }
        : template.invoke(event),
    )
    const before = await stage.login(cloud.current(secret))
    const pending = cloud.labelled(secret, 'AWSPENDING')
    if (!pending) throw new Error('The template has left no pending version.')
    expectOutcome(await stage.rotate(secret, { token }), 'succeeded')
    const finished = cloud.current(secret)
    const fingerprints = [pending, finished].map(version => stage.fingerprint(secret, version))
    return {
      before,
      after: await stage.login(finished),
      sameToken: finished.version === token,
      sameValue: fingerprints[0] === fingerprints[1],
      pendingFingerprint: fingerprints[0]!,
      finishedFingerprint: fingerprints[1]!,
    }
  })
  client.destroy()
  return { ...result, ...loadOf(counts), leftFailing: counts.failing }
}

export interface PersonsPut extends Load {
  /** What became of the rotation that was under way, and of the next one. */
  readonly outcomes: readonly Outcome[]
  /** Whether what the person wrote is current, when that rotation has ended. */
  readonly putIsCurrent: boolean
  /** Whether the next rotation has kept it, with another login. */
  readonly editKept: boolean
  readonly rotatedSince: boolean
}

const EDIT = { note: 'moved to the new cluster on Friday' }

/** Somebody edits the secret while it is rotated: both logins work, and the rotation gives way. */
export async function personsPut(stage: AwsStage, secret: string): Promise<PersonsPut> {
  const { cloud } = stage
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    let put: Labelled | undefined
    const interrupted = await stage.rotate(secret, {
      betweenSteps: async ({ step }) => {
        if (step !== 'finishSecret') return
        const text = JSON.stringify({ ...loginIn(cloud.current(secret)), ...EDIT })
        put = { version: cloud.fake.service.putAsPerson(secret, text), text }
      },
    })
    const putIsCurrent = put !== undefined && cloud.current(secret).version === put.version
    const next = await stage.rotate(secret)
    return {
      outcomes: [interrupted.outcome, next.outcome],
      putIsCurrent,
      editKept: JSON.parse(cloud.current(secret).text).note === EDIT.note,
      rotatedSince: loginIn(cloud.current(secret)).password !== loginIn(put!).password,
    }
  })
  return { ...result, ...loadOf(counts) }
}

export interface EditAtPromotion extends Load {
  readonly outcome: Outcome
  /** What the server said to the person's value when it was put. */
  readonly putLogin: 'accepted' | 'refused'
  readonly editKept: boolean
  /** What it says to what is current at the end. */
  readonly currentLogin: 'accepted' | 'refused'
  readonly leftFailing: number
}

/** Somebody puts a value with the old password, after it has died at the server and before the new one is promoted. */
export async function editAtPromotion(stage: AwsStage, secret: string): Promise<EditAtPromotion> {
  const { cloud } = stage
  const { counts, result } = await stage.fleet.during({ secret, refresh }, async () => {
    let putLogin: Promise<'accepted' | 'refused'> | undefined
    let editing: Promise<void> | undefined
    const { outcome } = await stage.rotate(secret, {
      betweenSteps: ({ step }) => {
        if (step !== 'finishSecret') return
        editing = stage.atPromotion(300, () => {
          const text = JSON.stringify({ ...loginIn(cloud.current(secret)), ...EDIT })
          putLogin = stage.login({ version: cloud.fake.service.putAsPerson(secret, text), text })
        })
        editing.catch(() => {}) // awaited below
      },
    })
    await editing
    return {
      outcome,
      putLogin: await putLogin!,
      editKept: JSON.parse(cloud.current(secret).text).note === EDIT.note,
      currentLogin: await stage.login(cloud.current(secret)),
    }
  })
  return { ...result, ...loadOf(counts), leftFailing: counts.failing }
}

function expectOutcome({ outcome, failure }: DrivenRotation, wanted: Outcome): void {
  if (outcome === wanted) return
  throw new Error(`Expected ${wanted}, got ${outcome}: ${failure?.errorType} ${failure?.errorMessage}`)
}
