/**
 * The versions of a secret that have a stage, with their fingerprints.
 * @module
 */
import type { SecretVersion } from '../core/ports/secret-store.ts'
import { fingerprint } from '../core/secret/fingerprint.ts'
import type { Look } from './look.ts'
import type { Session } from './session.ts'

export type Stage = 'current' | 'pending' | 'previous'

export interface StagedVersion {
  readonly stage: Stage
  readonly version: string
  readonly fingerprint?: string
}

/** Without a fingerprint key: the versions alone, and no value is read. */
export async function fingerprintsOf({ workspace, call }: Session, look: Look): Promise<readonly StagedVersion[]> {
  const { secret, state } = look
  if (!state) return []
  const key = workspace.fingerprintKey
  const store = await workspace.store(secret.store)
  const { pending } = state
  const found: [Stage, SecretVersion | undefined][] = [
    ['current', await store.read(secret.id, state.current.version, call)],
    ['pending', pending && (await store.read(secret.id, { pending: pending.rotation }, call))],
    ['previous', state.previous && (await store.read(secret.id, state.previous.version, call))],
  ]
  return found.flatMap(([stage, version]) => {
    if (!version) return []
    const print = key && version.value !== 'disabled' && fingerprint(key, secret.name, version.value)
    return [{ stage, version: version.version, ...(print && { fingerprint: print }) }]
  })
}
