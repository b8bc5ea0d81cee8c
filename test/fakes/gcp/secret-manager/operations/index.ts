import type { Input } from '../input.ts'
import type { Request } from '../world.ts'
import { getIamPolicy, setIamPolicy, testIamPermissions } from './iam.ts'
import { listSecrets, listSecretVersions } from './list.ts'
import { enableManagedRotation, rotateSecret } from './managed.ts'
import { createSecret, deleteSecret, getSecret, updateSecret } from './secrets.ts'
import { destroySecretVersion, disableSecretVersion, enableSecretVersion } from './states.ts'
import { accessSecretVersion, addSecretVersion, getSecretVersion } from './versions.ts'

export interface Operation {
  readonly run: (request: Request, input: Input) => object
  /** Without `secretmanager.`; absent: everybody may. */
  readonly permission?: string
  /** May be answered from an older state. */
  readonly read?: true
}

/** By the method's name in the proto. Permissions: docs, "IAM roles and permissions". */
export const operations: Readonly<Record<string, Operation>> = {
  ListSecrets: { run: listSecrets, permission: 'secrets.list', read: true },
  CreateSecret: { run: createSecret, permission: 'secrets.create' },
  GetSecret: { run: getSecret, permission: 'secrets.get', read: true },
  UpdateSecret: { run: updateSecret, permission: 'secrets.update' },
  DeleteSecret: { run: deleteSecret, permission: 'secrets.delete' },
  ListSecretVersions: { run: listSecretVersions, permission: 'versions.list', read: true },
  AddSecretVersion: { run: addSecretVersion, permission: 'versions.add' },
  GetSecretVersion: { run: getSecretVersion, permission: 'versions.get', read: true },
  AccessSecretVersion: { run: accessSecretVersion, permission: 'versions.access', read: true },
  EnableSecretVersion: { run: enableSecretVersion, permission: 'versions.enable' },
  DisableSecretVersion: { run: disableSecretVersion, permission: 'versions.disable' },
  DestroySecretVersion: { run: destroySecretVersion, permission: 'versions.destroy' },
  GetIamPolicy: { run: getIamPolicy, permission: 'secrets.getIamPolicy', read: true },
  SetIamPolicy: { run: setIamPolicy, permission: 'secrets.setIamPolicy' },
  TestIamPermissions: { run: testIamPermissions },
  EnableManagedRotation: { run: enableManagedRotation, permission: 'secrets.enableManagedRotation' },
  RotateSecret: { run: rotateSecret, permission: 'secrets.rotate' },
}
