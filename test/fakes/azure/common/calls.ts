/** One request as it arrived, faulty ones too. */
export interface Call {
  readonly op: string
  /** The vault, or the storage account. */
  readonly at: string
  /** The secret, or the blob as container/name. */
  readonly name?: string
  readonly version?: string
  /** Who called; absent when the request carried no token that can be read. */
  readonly identity?: string
  /** Milliseconds since 1970, by the fake's clock. */
  readonly time: number
  /** The code of the error that was answered (the inner one where there is one), or `lost` when nothing was. */
  error?: string
}

export class CallLog {
  #list: Call[] = []

  get list(): readonly Call[] {
    return this.#list
  }

  /** Requests that arrived, the SDK's own retries included. */
  count(op?: string): number {
    return op === undefined ? this.#list.length : this.#list.filter(call => call.op === op).length
  }

  add(call: Call): Call {
    this.#list.push(call)
    return call
  }

  reset(): void {
    this.#list = []
  }
}
