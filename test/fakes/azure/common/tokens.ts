import { createHmac } from 'node:crypto'
import type { SecretClient } from '@azure/keyvault-secrets'

export type TokenCredential = ConstructorParameters<typeof SecretClient>[1]

export const KEY_VAULT = 'https://vault.azure.net'
export const STORAGE = 'https://storage.azure.com'
export const TENANT = '22222222-2222-2222-2222-222222222222'

/** What a token says. `identity` stands for both the application's and the object's id. */
export interface Claims {
  readonly identity: string
  readonly audience: string
  /** Counts up when the identity's tokens are ended: those of before are refused. */
  readonly generation: number
}

/** Takes the place of Entra ID: makes access tokens, and reads them back. They do not end by the clock, only by `expire`. */
export class Tokens {
  readonly #generations = new Map<string, number>()
  readonly #revoked = new Set<string>()
  /** Of what was checked already: a simulation sends one token thousands of times. */
  readonly #read = new Map<string, Claims | undefined>()

  make(identity: string, audience = KEY_VAULT): string {
    const claims: Claims = { identity, audience, generation: this.#generations.get(identity) ?? 0 }
    const payload = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return `${payload}.${sign(payload)}`
  }

  /** Undefined: not a token of ours, or changed on its way. */
  read(token: string): Claims | undefined {
    if (!this.#read.has(token)) this.#read.set(token, decode(token))
    return this.#read.get(token)
  }

  /** From now on every token that this identity holds is refused; a new one is accepted. */
  expire(identity: string): void {
    this.#generations.set(identity, (this.#generations.get(identity) ?? 0) + 1)
  }

  /** Every token of this identity is refused, those that are made later too, until `restore`. */
  revoke(identity: string): void {
    this.#revoked.add(identity)
  }

  restore(identity: string): void {
    this.#revoked.delete(identity)
  }

  isExpired({ identity, generation }: Claims): boolean {
    return this.#revoked.has(identity) || generation < (this.#generations.get(identity) ?? 0)
  }

  /**
   * What @azure/identity would be. Without an audience the token is for what the client asks for. The SDK keeps a token
   * by the machine's clock, so `lifetimeMs` is of that clock; below two minutes the SDK asks again before each request.
   */
  credential(identity = 'test', options: { audience?: string; lifetimeMs?: number } = {}): TokenCredential {
    const { audience, lifetimeMs = 3_600_000 } = options
    return {
      getToken: async scopes => {
        const [scope = KEY_VAULT] = [scopes].flat()
        const token = this.make(identity, audience ?? scope.replace(/\/\.default$/, ''))
        return { token, expiresOnTimestamp: Date.now() + lifetimeMs }
      },
    }
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const sign = (payload: string): string => createHmac('sha256', 'of this fake').update(payload).digest('base64url')

function decode(token: string): Claims | undefined {
  const [header, claims, signature] = token.split('.')
  if (claims === undefined || signature !== sign(`${header}.${claims}`)) return undefined
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
}
