// Managed rotation of a Cloud SQL user: only that such a secret exists and gets versions by itself is modelled.
import { invalid, refused } from '../errors.ts'
import type { Input } from '../input.ts'
import type { SecretRecord } from '../record.ts'
import { versionAnswer } from '../render.ts'
import type { Request } from '../world.ts'
import { find } from './secrets.ts'
import { addVersion } from './versions.ts'

/** "This method can only be triggered once for a secret"; it adds a version (service.proto). The payload is assumed. */
export function enableManagedRotation(request: Request, { parent = '', cloudSqlSingleUserCredentials }: Input): object {
  const record = find(request, parent)
  if (!cloudSqlSingleUserCredentials?.instanceId || !cloudSqlSingleUserCredentials.username) {
    throw invalid('Credentials are required.')
  }
  if (record.state.secretType !== 'CLOUD_SQL_DB_CREDENTIALS') throw refused('The secret is not of a managed type.')
  if (record.state.rotation?.managed !== undefined) throw refused('Managed rotation has already been enabled.')
  record.update(request.world.now(), draft => {
    draft.rotation = { ...draft.rotation, managed: 'ACTIVE' }
    draft.etag = request.world.etag()
  })
  return rotated(request, record, cloudSqlSingleUserCredentials.username)
}

export function rotateSecret(request: Request, { parent = '' }: Input): object {
  const record = find(request, parent)
  if (record.state.rotation?.managed !== 'ACTIVE') throw refused('Managed rotation is not enabled.')
  return rotated(request, record, 'user')
}

function rotated({ world }: Request, record: SecretRecord, username: string): object {
  const password = `managed-${record.state.versions.size + 1}`
  const version = addVersion(world, record, Buffer.from(JSON.stringify({ username, password })), false)
  return versionAnswer(record.state, version)
}
