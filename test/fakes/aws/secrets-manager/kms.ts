import { accessDenied, ServiceFault } from './errors.ts'
import type { Permissions } from './permissions.ts'

/**
 * Customer keys by id, ARN or alias. The managed key aws/secretsmanager always works. A caller also needs kms:Decrypt to
 * read and kms:GenerateDataKey to write (User Guide, "Secret encryption and decryption").
 */
export class Kms {
  readonly #states = new Map<string, 'disabled' | 'denied'>()
  readonly #permissions: Permissions

  constructor(permissions: Permissions) {
    this.#permissions = permissions
  }

  disable(keyId: string): void {
    this.#states.set(keyId, 'disabled')
  }

  /** The key's own policy refuses. */
  deny(keyId: string): void {
    this.#states.set(keyId, 'denied')
  }

  enable(keyId: string): void {
    this.#states.delete(keyId)
  }

  /** @throws ServiceFault DecryptionFailure (service model), or AccessDeniedException in the text seen on AWS. */
  decrypt(keyId: string | undefined, accessKeyId: string): void {
    this.#use(keyId, accessKeyId, 'kms:Decrypt', 'DecryptionFailure', "can't decrypt")
  }

  encrypt(keyId: string | undefined, accessKeyId: string): void {
    this.#use(keyId, accessKeyId, 'kms:GenerateDataKey', 'EncryptionFailure', "can't encrypt")
  }

  #use(keyId: string | undefined, accessKeyId: string, action: string, failure: string, verb: string): void {
    if (keyId === undefined || keyId === '' || keyId === 'alias/aws/secretsmanager') return
    if (this.#states.get(keyId) === 'denied' || !this.#permissions.allows(accessKeyId, action, keyId)) {
      throw accessDenied('Access to KMS is not allowed')
    }
    if (this.#states.get(keyId) === 'disabled') {
      throw new ServiceFault(failure, `Secrets Manager ${verb} the protected secret text using the provided KMS key.`)
    }
  }
}
