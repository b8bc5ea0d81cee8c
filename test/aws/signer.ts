/**
 * The SDK's own signer, to check ours by. It comes with the SDK; nobody depends on it by name.
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import module from 'node:module'

interface Signer {
  sign(request: object, options: object): Promise<{ headers: Record<string, string> }>
  presign(request: object, options: object): Promise<{ query: Record<string, string> }>
}

const fromSdk = module.createRequire(import.meta.resolve('@aws-sdk/client-secrets-manager'))

export const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
export const session = { ...identity, sessionToken: 'FQoGZXIvYXdzEXAMPLE/token+with=signs' }

export function sdkSigner(service: string, region: string, credentials: object): Signer {
  const { SignatureV4 } = fromSdk('@smithy/signature-v4') as { SignatureV4: new (options: object) => Signer }
  return new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false, uriEscapePath: true })
}

class Sha256 {
  readonly #hash: { update(data: never): unknown; digest(): Buffer }
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
  }
  update(data: never) {
    this.#hash.update(data)
  }
  async digest() {
    return new Uint8Array(this.#hash.digest())
  }
}
