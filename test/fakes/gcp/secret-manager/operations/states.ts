import { etagMismatch, invalid, notFound, refused } from '../errors.ts'
import type { Input } from '../input.ts'
import type { SecretState, Version } from '../model.ts'
import { versionName } from '../names.ts'
import { versionAnswer } from '../render.ts'
import type { Request } from '../world.ts'
import { find } from './secrets.ts'
import { isNumber } from './versions.ts'

type Change = (version: Version, secret: SecretState, at: number) => void

/**
 * Enable, disable and destroy take numbers only, and no alias (resources.proto). The version's etag is checked first and
 * moves with every call, the secret's does not. Destroyed is for ever; the text is the one recorded.
 */
function changeState(request: Request, { name = '', etag = '' }: Input, change: Change): [SecretState, Version] {
  const { world, site } = request
  const { secret, version: asked } = versionName(site, name)
  const record = find(request, name.replace(/\/versions\/[^/]+$/, ''))
  if (!isNumber(asked)) {
    const format = `${secret.replaceAll(/\/(projects|secrets)\/[^/]+/g, '/$1/*')}/versions*`
    throw invalid(
      `The provided Secret Version ID [${secret}/versions/${asked}] does not match the expected format [${format}]`,
    )
  }
  const number = Number(asked)
  const at = world.now()
  record.update(at, draft => {
    const version = draft.versions.get(number)
    if (!version) throw notFound(`Secret Version [${secret}/versions/${number}] not found.`)
    if (etag !== '' && etag !== version.etag) throw etagMismatch()
    if (version.state === 'DESTROYED') throw refused('SecretVersion.state is already DESTROYED.')
    change(version, draft, at)
    version.etag = world.etag()
  })
  world.secrets.noteDue(record.state)
  return [record.state, record.state.versions.get(number)!]
}

/** Enabling or disabling a version also cancels its scheduled destruction (docs, "Delay destruction"). */
const set =
  (state: 'ENABLED' | 'DISABLED'): Change =>
  version => {
    version.state = state
    delete version.scheduledDestroyAt
  }

export function enableSecretVersion(request: Request, input: Input): object {
  const [state, version] = changeState(request, input, set('ENABLED'))
  request.world.events.version('SECRET_VERSION_ENABLE', state, version, request.world.now())
  return versionAnswer(state, version)
}

export function disableSecretVersion(request: Request, input: Input): object {
  const [state, version] = changeState(request, input, set('DISABLED'))
  request.world.events.version('SECRET_VERSION_DISABLE', state, version, request.world.now())
  return versionAnswer(state, version)
}

/** With a destroy TTL it is disabled now and destroyed later: to be told by scheduled_destroy_time, not by the state. */
const destroy: Change = (version, secret, at) => {
  if (version.scheduledDestroyAt !== undefined) throw refused('SecretVersion is already scheduled for DESTRUCTION.')
  if (secret.destroyTtlMs !== undefined) {
    version.state = 'DISABLED'
    version.scheduledDestroyAt = at + secret.destroyTtlMs
    return
  }
  version.state = 'DESTROYED'
  version.destroyedAt = at
  delete version.data
}

export function destroySecretVersion(request: Request, input: Input): object {
  const [state, version] = changeState(request, input, destroy)
  const type = version.state === 'DESTROYED' ? 'SECRET_VERSION_DESTROY' : 'SECRET_VERSION_DESTROY_SCHEDULED'
  request.world.events.version(type, state, version, request.world.now())
  return versionAnswer(state, version)
}
