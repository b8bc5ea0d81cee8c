/** An error of a service, before it is written as that service writes errors. */
export class ServiceFault extends Error {
  readonly status: number
  readonly code: string
  /** Key Vault's `innererror`. */
  readonly inner: string | undefined

  constructor(status: number, code: string, message: string, inner?: string) {
    super(message)
    this.status = status
    this.code = code
    this.inner = inner
  }
}
