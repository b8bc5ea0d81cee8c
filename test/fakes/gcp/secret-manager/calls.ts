/** One request as it arrived, faulty ones too. */
export interface Call {
  /** The method's name in the proto: `AccessSecretVersion`. */
  readonly op: string
  /** What it names: the parent of a list or a create, else the secret or version, as it was asked for. */
  readonly resource: string
  /** Of the regional endpoint it came to; absent: the global one. */
  readonly location?: string
  readonly token: string
  readonly at: number
  /** The status that was answered (`NOT_FOUND`), or `lost` when nothing was. */
  error?: string
}

export class CallLog {
  #list: Call[] = []

  get list(): readonly Call[] {
    return this.#list
  }

  /** Requests that arrived, the client's own retries included. */
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
