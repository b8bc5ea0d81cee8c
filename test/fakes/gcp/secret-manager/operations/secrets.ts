import { checkDestroyTtl, checkExpiry, checkRotation, checkSettings } from '../checks.ts'
import { etagMismatch, invalid, notFound, ServiceFault } from '../errors.ts'
import type { Input, SecretInput } from '../input.ts'
import type { SecretState } from '../model.ts'
import { parentName, secretName } from '../names.ts'
import type { SecretRecord } from '../record.ts'
import { secretAnswer } from '../render.ts'
import { cleanReplication, setterOf, setters } from '../settings.ts'
import { type Request, seenBy } from '../world.ts'

const SETTABLE = ['labels', 'annotations', 'version_aliases', 'topics', 'rotation', 'ttl', 'version_destroy_ttl']

/** The record that a write changes. @throws ServiceFault NOT_FOUND */
export function find({ world, site }: Request, asked: string): SecretRecord {
  const { secret } = secretName(site, asked)
  const record = world.secrets.find(secret)
  if (!record) throw notFound(`Secret [${secret}] not found.`)
  return record
}

/** The state that a read shows. @throws ServiceFault NOT_FOUND */
export function view(request: Request, asked: string): SecretState {
  const record = find(request, asked)
  const state = seenBy(request, record)
  if (!state) throw notFound(`Secret [${record.state.name}] not found.`)
  return state
}

export function createSecret({ world, site }: Request, { parent = '', secretId = '', secret }: Input): object {
  const place = parentName(site, parent)
  if (secretId === '') throw invalid('Secret ID must be provided.')
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(secretId)) {
    throw invalid(`The provided Secret ID [${secretId}] does not match the expected format [[a-zA-Z_0-9-]+]`)
  }
  const name = `${place}/secrets/${secretId}`
  if (world.secrets.find(name)) throw new ServiceFault('ALREADY_EXISTS', `Secret [${name}] already exists.`)
  const at = world.now()
  const state = newState(secret ?? undefined, name, secretId, site.location, { at, etag: world.etag(), sequence: 0 })
  checkSettings(state)
  checkTimes(state, at, Object.keys(setters))
  world.secrets.add({ ...state, sequence: world.secrets.sequence() }, at)
  if (state.topics.length > 0) world.events.topicsConfigured(state, at)
  world.events.secret('SECRET_CREATE', state, at)
  return secretAnswer(state)
}

function newState(
  secret: SecretInput | undefined,
  name: string,
  id: string,
  location: string | undefined,
  { at, etag, sequence }: { at: number; etag: string; sequence: number },
): SecretState {
  if (!secret) throw invalid('Field [secret] is required.')
  const { replication } = secret
  const given = replication?.automatic || replication?.userManaged
  if (location === undefined && !given) throw invalid('Secret.replication must be provided.')
  if (location !== undefined && given) throw invalid('Secret.replication should not be provided.')
  if (replication?.userManaged && replication.userManaged.replicas.length === 0) {
    throw invalid('Replication.user_managed.replicas cannot be empty.')
  }
  const state: SecretState = {
    ...{ name, id, sequence, etag, createdAt: at, secretType: secret.secretType },
    ...(location !== undefined && { location }),
    ...(given && replication && { replication: cleanReplication(replication) }),
    ...{ labels: new Map(), annotations: new Map(), aliases: new Map(), topics: [], versions: new Map() },
  }
  for (const path of SETTABLE) setters[path]!(state, secret, at)
  setters.customer_managed_encryption!(state, secret, at)
  return state
}

export const getSecret = (request: Request, { name = '' }: Input): object => secretAnswer(view(request, name))

/**
 * "update_mask: Required", but an empty one is taken, and changes the etag only (recorded). The etag is checked before
 * anything else but the secret's existence; a refused patch changes nothing.
 */
export function updateSecret(request: Request, { secret, updateMask }: Input): object {
  const { world } = request
  if (!secret) throw invalid('Field [secret] is required.')
  const record = find(request, secret.name)
  if (!updateMask) throw invalid('Field [update_mask] is required.')
  if (secret.etag !== '' && secret.etag !== record.state.etag) throw etagMismatch()
  const at = world.now()
  const topics = record.state.topics
  record.update(at, draft => {
    for (const path of updateMask.paths) setterOf(path)(draft, secret, at)
    checkSettings(draft)
    checkTimes(draft, at, updateMask.paths)
    draft.etag = world.etag()
  })
  const { state } = record
  world.secrets.noteDue(state)
  if (state.topics.join() !== topics.join()) world.events.topicsConfigured(state, at)
  world.events.secret('SECRET_UPDATE', state, at)
  return secretAnswer(state)
}

function checkTimes(state: SecretState, now: number, paths: readonly string[]): void {
  const named = (word: string) => paths.some(path => path.toLowerCase().replaceAll('_', '').includes(word))
  checkRotation(state, now, paths.includes('rotation') || named('nextrotationtime'))
  if (named('expiretime') || named('ttl')) checkExpiry(state.expireAt, now)
  checkDestroyTtl(state.destroyTtlMs)
}

/** With all its versions and at once. */
export function deleteSecret(request: Request, { name = '', etag = '' }: Input): object {
  const { world } = request
  const { state } = find(request, name)
  if (etag !== '' && etag !== state.etag) throw etagMismatch()
  world.secrets.remove(state.name)
  world.events.secret('SECRET_DELETE', state, world.now(), { deleteType: 'REQUESTED' })
  return {}
}
