import { bundle } from '../bundle.ts'
import { conflict, managed, notFound } from '../errors.ts'
import * as input from '../input.ts'
import { latestOf, type SecretState, type Version } from '../model.ts'
import type { SecretRecord } from '../record.ts'
import { hexId, type Request } from '../world.ts'
import { live } from './read.ts'

/** Always a new version, which is the latest at once and inherits nothing. Two calls with the same value make two. */
export function setSecret(request: Request): object {
  const { vault, world, name } = request
  const now = world.now()
  const given = input.parse(request.body)
  const contentType = input.contentType(given)
  const tags = input.tags(given)
  const version: Version = {
    id: hexId(world),
    value: input.value(given),
    ...(contentType !== undefined && { contentType }),
    ...(tags && { tags }),
    attributes: { enabled: true, ...input.attributes(given) },
    createdAt: now,
    updatedAt: now,
  }
  const record = vault.find(name, now)
  if (record?.state) refuseDeleted(request, record.state)
  if (record?.state?.certificate) throw managed('set')
  const state = publish(request, record, version)
  world.events.created(vault, state.name, version)
  return bundle(request, state, version)
}

function publish(request: Request, record: SecretRecord | undefined, version: Version): SecretState {
  const now = request.world.now()
  if (!record?.state) {
    const state = { name: request.name, versions: new Map([[version.id, version]]), latest: version.id }
    request.vault.place(state, now)
    return state
  }
  record.update(now, draft => {
    draft.versions.set(version.id, version)
    draft.latest = version.id
  })
  return record.state
}

/** The name of a soft-deleted secret cannot be used: it can only be recovered or purged. */
export function refuseDeleted({ world, name }: Request, { deletion, busyUntil = 0 }: SecretState): void {
  const busy = busyUntil > world.now()
  if (busy) {
    const [doing, code] = deletion ? ['deleted', 'ObjectIsBeingDeleted'] : ['recovered', 'ObjectIsBeingRecovered']
    throw conflict(`Secret ${name} is currently being ${doing} and cannot be re-created; retry later.`, code)
  }
  if (!deletion) return
  throw conflict(
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  )
}

/**
 * Properties that are not named stay. Tags are replaced as a whole when they are given: what the service does with tags
 * that a request leaves out is not documented. Without a version the latest is meant: assumed too.
 */
export function updateSecret(request: Request): object {
  const { vault, world, name } = request
  const now = world.now()
  input.checkVersion(request)
  const given = input.parse(request.body)
  const [contentType, tags, attributes] = [input.contentType(given), input.tags(given), input.attributes(given)]
  const record = vault.find(name, now)
  const state = live(request, record?.state)
  const known = request.version === undefined ? latestOf(state) : state.versions.get(request.version.toLowerCase())
  if (!known) throw notFound(`${name}/${request.version}`)
  if (state.certificate) throw managed('update')
  const version: Version = {
    ...known,
    ...(contentType !== undefined && { contentType }),
    ...(tags && { tags }),
    attributes: { ...known.attributes, ...attributes },
    updatedAt: now,
  }
  record!.update(now, draft => draft.versions.set(version.id, version))
  if (known.attributes.exp !== version.attributes.exp) world.events.expiryChanged(vault, state.name, version)
  return bundle(request, state, version, false)
}
