import { ServiceFault } from './errors.ts'

/** Customer-managed keys: every name is an enabled key until it is disabled. */
export class Keys {
  readonly #disabled = new Set<string>()

  disable(key: string): void {
    this.#disabled.add(key)
  }

  enable(key: string): void {
    this.#disabled.delete(key)
  }

  /** The code that Cloud KMS has for a key that is not enabled; that Secret Manager hands it on is assumed. */
  check(keys: readonly string[]): void {
    const key = keys.find(each => this.#disabled.has(each))
    if (key === undefined) return
    throw new ServiceFault(
      'FAILED_PRECONDITION',
      `${key}/cryptoKeyVersions/1 is not enabled, current state is: DISABLED.`,
    )
  }
}
