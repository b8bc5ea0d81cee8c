/**
 * What people should know about a secret of AWS that the port has no words for: who rotates it, and labels that are in the way.
 * Pure.
 * @module
 */
import type { VersionId } from '../core/ports/secret-store.ts'
import type { Described } from './requests.ts'
import { meaningOf } from './state.ts'

export interface SecretFacts {
  /** Secrets Manager begins the rotations of this secret: the commands that ask it to, and to stop. */
  readonly rotatedBy?: { readonly name: string; readonly command: string; readonly stop: string }
  /** Why nobody can rotate this one here. */
  readonly untouchable?: string
  /** AWSPENDING on a version that is no rotation under way; `command` takes it off. */
  readonly stray?: { readonly version: VersionId; readonly explanation: string; readonly command: string }
  /** AWSPENDING on a version that Lockstep did not make; `command` takes it off. */
  readonly foreign?: { readonly version: VersionId; readonly command: string }
}

/** `id`: as messages call the secret. */
export function factsOf(described: Described, id: string): SecretFacts {
  const { stages, rotationEnabled, owner, primaryRegion, arn, name } = described
  const { holder, pending, retiring, current } = meaningOf(described, [id, name, arn]) ?? {}
  const command = `aws secretsmanager update-secret-version-stage --secret-id ${id} --version-stage AWSPENDING --remove-from-version-id ${holder}`
  const stray = holder !== undefined && !pending && !retiring && holder !== current
  const replica = primaryRegion !== undefined && primaryRegion !== arn.split(':')[3]
  return {
    ...(rotationEnabled && {
      rotatedBy: {
        name: 'Secrets Manager',
        command: `aws secretsmanager rotate-secret --secret-id ${id}`,
        stop: `aws secretsmanager cancel-rotate-secret --secret-id ${id}`,
      },
    }),
    ...(owner !== undefined && { untouchable: `It is managed by ${owner}, which rotates it itself.` }),
    ...(replica && { untouchable: `It is a replica; the secret is rotated in ${primaryRegion}.` }),
    ...(stray && { stray: { version: holder, explanation: explain(stages.get(holder) ?? []), command } }),
    ...(pending && !pending.ours && { foreign: { version: pending.version, command } }),
  }
}

function explain(labels: readonly string[]): string {
  const what = labels.includes('AWSPREVIOUS') ? 'the previous version' : 'a version whose rotation has ended'
  return `The label AWSPENDING was left on ${what}. No rotation is under way, and Secrets Manager begins none while it is there.`
}
