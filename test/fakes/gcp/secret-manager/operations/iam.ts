// Policies are kept as data. What a token may do is said to the fake's permissions instead.
import { invalid, ServiceFault } from '../errors.ts'
import type { Input } from '../input.ts'
import { secretName } from '../names.ts'
import type { Request } from '../world.ts'
import { find, view } from './secrets.ts'

interface Policy {
  readonly version: number
  readonly bindings: readonly object[]
  readonly etag: Uint8Array
}

export function getIamPolicy(request: Request, { resource = '' }: Input): object {
  return view(request, resource).policy ?? { version: 0, bindings: [], etag: Buffer.from('ACAB', 'base64') }
}

/** Replaces the policy. An etag that is not the current one's is ABORTED (iam/v1/policy.proto: read-modify-write). */
export function setIamPolicy(request: Request, { resource = '', policy }: Input): object {
  const record = find(request, resource)
  const given = policy as Policy | null | undefined
  if (!given) throw invalid('Policy is required.')
  const current = record.state.policy as Policy | undefined
  if (given.etag.length > 0 && current && !Buffer.from(current.etag).equals(given.etag)) {
    throw new ServiceFault('ABORTED', 'There were concurrent policy changes. Please retry the whole read-modify-write.')
  }
  const stored = { ...given, etag: Buffer.from(request.world.etag()) }
  record.update(request.world.now(), draft => {
    draft.policy = stored
  })
  return stored
}

/** "If the secret does not exist, this call returns an empty set of permissions" (service.proto). */
export function testIamPermissions(
  { world, site, token }: Request,
  { resource = '', permissions = [] }: Input,
): object {
  const exists = world.secrets.find(secretName(site, resource).secret) !== undefined
  return { permissions: exists ? permissions.filter(each => world.permissions.allows(token, each, resource)) : [] }
}
