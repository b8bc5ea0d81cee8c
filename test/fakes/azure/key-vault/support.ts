import type { RestError, SecretClient } from '@azure/keyvault-secrets'
import { expect } from 'vitest'
import { type ClientOptions, type FakeKeyVault, type KeyVaultOptions, startKeyVault } from '../key-vault.ts'

export const DAY = 86_400_000

/** When the clock of a stage begins. */
export const BEGIN = Date.UTC(2026, 0, 5, 10)

/** A fake on its own clock, and the official client over HTTPS that tries once. */
export interface Stage extends AsyncDisposable {
  readonly fake: FakeKeyVault
  readonly sdk: SecretClient
  /** Another client: vault, identity, credential, or with retries. */
  open(options?: ClientOptions): SecretClient
  pass(ms: number): void
}

export async function stage(options: KeyVaultOptions = {}): Promise<Stage> {
  let time = BEGIN
  const fake = await startKeyVault({ now: () => time, ...options })
  const open = (given: ClientOptions = {}) => fake.client({ retryOptions: { maxRetries: 0 }, ...given })
  return {
    fake,
    sdk: open(),
    open,
    pass: ms => {
      time += ms
    },
    [Symbol.asyncDispose]: () => fake.close(),
  }
}

/** The call fails with that status, and with that code or, where there is one, inner code. Answers the error's text. */
export async function refused(call: Promise<unknown>, status: number, code: string): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    reason => reason,
  )
  const { statusCode, details } = error as RestError & { details?: { error?: Refusal } }
  const told = details?.error
  expect([statusCode, told?.innerError?.code ?? told?.code]).toEqual([status, code])
  return told?.message ?? ''
}

interface Refusal {
  readonly code: string
  readonly message: string
  readonly innerError?: { readonly code: string }
}

export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of list) found.push(each)
  return found
}

/** 32 hexadecimal digits that are nobody's. */
export const UNKNOWN = '0123456789abcdef0123456789abcdef'
