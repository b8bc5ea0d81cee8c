import { type Account, nextEtag } from './account.ts'

/** A blob as it really is, whatever permissions and faults say. */
export interface PeekedBlob {
  readonly content: string
  readonly metadata: Readonly<Record<string, string>>
  readonly etag: string
  readonly modifiedAt: number
}

/** The account without a network: for tests, and for a person at the portal. */
export class BlobService {
  readonly #account: Account

  constructor(account: Account) {
    this.#account = account
  }

  /** Nothing when it exists. */
  createContainer(container: string): void {
    if (!this.#account.containers.has(container)) this.#account.containers.set(container, new Map())
  }

  /** A person's write, over anything. Answers the new ETag. */
  putAsPerson(container: string, blob: string, content: string): string {
    const etag = nextEtag(this.#account)
    const now = this.#account.now()
    const rest = { contentType: 'application/octet-stream', metadata: {}, createdAt: now, modifiedAt: now }
    this.createContainer(container)
    this.#account.containers.get(container)!.set(blob, { content, etag, ...rest })
    return etag
  }

  /** Undefined: not there. */
  find(container: string, blob: string): PeekedBlob | undefined {
    return this.#account.containers.get(container)?.get(blob)
  }

  /** In the order of their names. */
  names(container: string): string[] {
    return [...(this.#account.containers.get(container)?.keys() ?? [])].sort()
  }

  delete(container: string, blob: string): void {
    this.#account.containers.get(container)?.delete(blob)
  }

  /** The firewall keeps these identities out (none: everybody), until `open`. */
  block(identities: readonly string[] = ['*']): void {
    for (const each of identities) this.#account.blocked.add(each)
  }

  open(): void {
    this.#account.blocked.clear()
  }

  /** From now on every token that this identity holds is answered 401. */
  expireTokens(identity = 'test'): void {
    this.#account.tokens.expire(identity)
  }
}
