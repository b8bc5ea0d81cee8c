/** A request as HTTP carries it. */
export interface WireRequest {
  readonly method: string
  /** With scheme and host: the host says which vault or account is meant. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @throws ConnectionLost where a socket would close without an answer, or no host of that name exists; nothing else. */
export type Handle = (request: WireRequest) => Promise<WireAnswer>

/** The connection broke before an answer arrived. Whether the call was applied is what the caller cannot know. */
export class ConnectionLost extends Error {
  readonly code: 'ECONNRESET' | 'ENOTFOUND'

  constructor(code: 'ECONNRESET' | 'ENOTFOUND' = 'ECONNRESET') {
    super(code === 'ECONNRESET' ? 'socket hang up' : 'getaddrinfo ENOTFOUND')
    this.code = code
  }
}
