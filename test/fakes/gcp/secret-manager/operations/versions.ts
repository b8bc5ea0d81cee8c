import { crc32c } from '../checksum.ts'
import { invalid, notFound, refused } from '../errors.ts'
import type { Input } from '../input.ts'
import { keysOf, newest, type SecretState, type Version } from '../model.ts'
import { versionName } from '../names.ts'
import type { SecretRecord } from '../record.ts'
import { versionAnswer } from '../render.ts'
import { addedVersion, type Request, seenBy, type World } from '../world.ts'
import { find } from './secrets.ts'

const MOST_BYTES = 64 * 1024

/** Takes no etag and leaves the secret's alone (docs, "Etags"). The newest version is `latest` at once. */
export function addSecretVersion(request: Request, { parent = '', payload }: Input): object {
  const { world } = request
  const record = find(request, parent)
  const data = Buffer.from(payload?.data ?? [])
  if (data.length === 0) throw invalid('SecretPayload.data must not be empty.')
  if (data.length > MOST_BYTES) throw invalid(`SecretPayload.data exceeds ${MOST_BYTES} bytes.`)
  const sent = payload?.dataCrc32c ?? undefined
  if (sent !== undefined && Number(sent) !== crc32c(data)) {
    throw invalid('Provided SecretPayload.data crc32c does not match calculated crc32c.')
  }
  const version = addVersion(world, record, data, sent !== undefined)
  return versionAnswer(record.state, version)
}

export function addVersion(world: World, record: SecretRecord, data: Buffer, clientChecksum: boolean): Version {
  const at = world.now()
  const keys = keysOf(record.state)
  world.keys.check(keys)
  const version = record.update(at, draft => {
    const number = (newest(draft)?.number ?? 0) + 1
    const checksum = { crc32c: crc32c(data), clientChecksum }
    const added: Version = { number, createdAt: at, data, state: 'ENABLED', etag: world.etag(), keys, ...checksum }
    draft.versions.set(number, added)
    return added
  })
  world.events.version('SECRET_VERSION_ADD', record.state, version, at)
  return version
}

export function getSecretVersion(request: Request, { name = '' }: Input): object {
  const { record, version: asked } = locate(request, name)
  const state = visible(request, record)
  return versionAnswer(state, resolve(state, asked))
}

export function accessSecretVersion(request: Request, { name = '' }: Input): object {
  const { record, version: asked } = locate(request, name)
  const byNumber = isNumber(asked) ? addedVersion(request, record, Number(asked)) : undefined
  const version = byNumber ?? resolve(visible(request, record), asked)
  const full = `${record.state.name}/versions/${version.number}`
  if (version.state !== 'ENABLED') throw refused(`Secret Version [${full}] is in ${version.state} state.`)
  request.world.keys.check(version.keys)
  return { name: full, payload: { data: version.data, dataCrc32c: String(version.crc32c) } }
}

/** @throws ServiceFault NOT_FOUND in the words recorded for `versions access` where there is no secret. */
function locate({ world, site }: Request, name: string): { record: SecretRecord; version: string } {
  const { secret, version } = versionName(site, name)
  const record = world.secrets.find(secret)
  if (!record) throw notFound(`Secret [${secret}] not found or has no versions.`)
  return { record, version }
}

function visible(request: Request, record: SecretRecord): SecretState {
  const state = seenBy(request, record)
  if (!state) throw notFound(`Secret [${record.state.name}] not found or has no versions.`)
  return state
}

export const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** `latest` is the most recently created version whatever its state (service.proto); there is no falling back. */
function resolve(state: SecretState, asked: string): Version {
  if (asked === 'latest') {
    const version = newest(state)
    if (!version) throw notFound(`Secret [${state.name}] not found or has no versions.`)
    return version
  }
  const number = isNumber(asked) ? Number(asked) : state.aliases.get(asked)
  if (number === undefined) throw notFound(`Secret [${state.name}] has no alias [${asked}]`)
  const version = state.versions.get(number)
  if (!version) throw notFound(`Secret Version [${state.name}/versions/${number}] not found.`)
  return version
}
