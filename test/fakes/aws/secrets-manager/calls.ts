/** One request as it arrived, faulty ones too. */
export interface Call {
  readonly op: string
  readonly region: string
  readonly secretId?: string
  readonly accessKeyId: string
  readonly at: number
  /** The code of the error that was answered, or `lost` when nothing was. */
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
