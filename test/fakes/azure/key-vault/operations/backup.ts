import { bundle } from '../bundle.ts'
import { badParameter, invalidProperty } from '../errors.ts'
import * as input from '../input.ts'
import { latestOf, type SecretState, type Version } from '../model.ts'
import type { Request } from '../world.ts'
import { refuseExisting } from './deleted.ts'
import { live } from './read.ts'

/** https://learn.microsoft.com/azure/key-vault/general/backup, "Limitations"; the status of the refusal is assumed. */
const MAX_VERSIONS = 500

interface Blob {
  readonly geography: string
  readonly state: Omit<SecretState, 'versions'>
  readonly versions: readonly Version[]
}

/** All versions. What the real service encrypts is readable here: nothing in a fake is secret. */
export function backupSecret(request: Request): object {
  const { vault, world, name } = request
  const { versions, ...state } = live(request, vault.find(name, world.now())?.state)
  if (versions.size > MAX_VERSIONS)
    throw badParameter(`A secret with more than ${MAX_VERSIONS} versions has no backup.`)
  const blob: Blob = { geography: vault.options.geography, state, versions: [...versions.values()] }
  return { value: Buffer.from(JSON.stringify(blob)).toString('base64url') }
}

/** Into another vault of the same geography, with the ids, dates and values of all versions; never over a secret. */
export function restoreSecret(request: Request): object {
  const { vault, world } = request
  const now = world.now()
  const { geography, state, versions } = read(input.value(input.parse(request.body), Number.POSITIVE_INFINITY))
  if (geography !== vault.options.geography) throw invalidProperty()
  refuseExisting(vault.find(state.name, now)?.state, state.name)
  const restored: SecretState = { ...state, versions: new Map(versions.map(version => [version.id, version])) }
  vault.place(restored, now)
  return bundle(request, restored, latestOf(restored), false)
}

function read(value: string): Blob {
  try {
    return JSON.parse(Buffer.from(value, 'base64url').toString()) as Blob
  } catch {
    throw badParameter('The backup blob is not valid.')
  }
}
