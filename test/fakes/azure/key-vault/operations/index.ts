import type { Needed } from '../authorize.ts'
import type { Request } from '../world.ts'
import { backupSecret, restoreSecret } from './backup.ts'
import { deleteSecret, getDeletedSecret, purgeDeletedSecret, recoverDeletedSecret } from './deleted.ts'
import { getDeletedSecrets, getSecrets, getSecretVersions } from './list.ts'
import { getSecret } from './read.ts'
import { setSecret, updateSecret } from './write.ts'

export interface Operation {
  readonly run: (request: Request) => object | undefined
  readonly needs: Needed
  /** Works in a vault that failed over: https://learn.microsoft.com/azure/reliability/reliability-key-vault */
  readonly whenReadOnly?: true
  /** A stale state may answer it. A get by version is strongly consistent here: no version ever changes its value. */
  readonly stale?: 'without a version' | 'always'
}

const needs = (action: string, permission: string): Needed => ({ action, permission })
const read = { whenReadOnly: true } as const

/**
 * By the name that the REST reference gives them. Data actions: the built-in roles' definitions,
 * https://learn.microsoft.com/azure/key-vault/general/rbac-guide; permissions: the reference of each operation.
 */
export const operations = {
  BackupSecret: { run: backupSecret, needs: needs('backup/action', 'backup'), ...read },
  DeleteSecret: { run: deleteSecret, needs: needs('delete', 'delete') },
  GetDeletedSecret: { run: getDeletedSecret, needs: needs('readMetadata/action', 'get'), ...read },
  GetDeletedSecrets: { run: getDeletedSecrets, needs: needs('readMetadata/action', 'list'), ...read },
  GetSecret: { run: getSecret, needs: needs('getSecret/action', 'get'), ...read, stale: 'without a version' },
  GetSecretVersions: { run: getSecretVersions, needs: needs('readMetadata/action', 'list'), ...read, stale: 'always' },
  GetSecrets: { run: getSecrets, needs: needs('readMetadata/action', 'list'), ...read, stale: 'always' },
  PurgeDeletedSecret: { run: purgeDeletedSecret, needs: needs('purge/action', 'purge') },
  RecoverDeletedSecret: { run: recoverDeletedSecret, needs: needs('recover/action', 'recover') },
  RestoreSecret: { run: restoreSecret, needs: needs('restore/action', 'restore') },
  SetSecret: { run: setSecret, needs: needs('setSecret/action', 'set') },
  UpdateSecret: { run: updateSecret, needs: needs('update/action', 'set') },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof operations

export interface Route {
  readonly op: OperationName
  readonly name: string
  readonly version?: string
}

/** The client ends the path of a get without a version with a slash. Undefined: no such operation. */
export function route(method: string, path: string): Route | undefined {
  const [kind, name = '', part] = path.replace(/^\/+|\/+$/g, '').split('/')
  const at = (ops: Partial<Record<string, OperationName>>, version?: string): Route | undefined => {
    const op = ops[method]
    return op && { op, name, ...(version !== undefined && { version }) }
  }
  if (kind === 'deletedsecrets') {
    if (name === '') return at({ GET: 'GetDeletedSecrets' })
    if (part === 'recover') return at({ POST: 'RecoverDeletedSecret' })
    return at({ GET: 'GetDeletedSecret', DELETE: 'PurgeDeletedSecret' })
  }
  if (kind !== 'secrets') return undefined
  if (name === '') return at({ GET: 'GetSecrets' })
  if (name === 'restore' && method === 'POST') return at({ POST: 'RestoreSecret' })
  if (part === 'versions') return at({ GET: 'GetSecretVersions' })
  if (part === 'backup') return at({ POST: 'BackupSecret' })
  if (part !== undefined) return at({ GET: 'GetSecret', PATCH: 'UpdateSecret' }, part)
  return at({ GET: 'GetSecret', PUT: 'SetSecret', DELETE: 'DeleteSecret', PATCH: 'UpdateSecret' })
}
