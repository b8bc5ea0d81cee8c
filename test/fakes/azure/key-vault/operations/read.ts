import { bundle } from '../bundle.ts'
import { disabled, notFound } from '../errors.ts'
import { checkVersion } from '../input.ts'
import { latestOf, type SecretState } from '../model.ts'
import { type Request, seenBy } from '../world.ts'

/** What a name stands for now: a deleted secret is not found, nor one that is still being deleted or recovered. */
export function live(request: Request, state: SecretState | undefined): SecretState {
  const busy = (state?.busyUntil ?? 0) > request.world.now()
  if (!state || state.deletion || busy) throw notFound(request.name)
  return state
}

/**
 * Without a version: the latest, also when it is disabled; there is no way to an older one but by its id. Before `nbf` and
 * after `exp` a get works. https://learn.microsoft.com/azure/key-vault/secrets/about-secrets, "Date-time controlled operations"
 */
export function getSecret(request: Request): object {
  const { vault, world, name, version: id } = request
  checkVersion(request)
  const record = vault.find(name, world.now())
  const state = live(request, record && (id === undefined ? seenBy(request, record) : record.state))
  const version = id === undefined ? latestOf(state) : state.versions.get(id.toLowerCase())
  if (!version) throw notFound(`${name}/${id}`)
  if (!version.attributes.enabled) throw disabled()
  return bundle(request, state, version)
}
