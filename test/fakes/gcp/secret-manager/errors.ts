// The service's errors: one status, two dialects (gRPC number, HTTP status).

/** gRPC number and HTTP status of each code (googleapis, google/rpc/code.proto). */
export const statuses = {
  CANCELLED: { code: 1, http: 499 },
  UNKNOWN: { code: 2, http: 500 },
  INVALID_ARGUMENT: { code: 3, http: 400 },
  DEADLINE_EXCEEDED: { code: 4, http: 504 },
  NOT_FOUND: { code: 5, http: 404 },
  ALREADY_EXISTS: { code: 6, http: 409 },
  PERMISSION_DENIED: { code: 7, http: 403 },
  RESOURCE_EXHAUSTED: { code: 8, http: 429 },
  FAILED_PRECONDITION: { code: 9, http: 400 },
  ABORTED: { code: 10, http: 409 },
  OUT_OF_RANGE: { code: 11, http: 400 },
  UNIMPLEMENTED: { code: 12, http: 501 },
  INTERNAL: { code: 13, http: 500 },
  UNAVAILABLE: { code: 14, http: 503 },
  DATA_LOSS: { code: 15, http: 500 },
  UNAUTHENTICATED: { code: 16, http: 401 },
} as const

export type Status = keyof typeof statuses

export const isStatus = (text: string): text is Status => text in statuses

/** google.rpc.ErrorInfo, the one detail that the fake sends. */
export interface ErrorInfo {
  readonly reason: string
  readonly domain: string
  readonly metadata: Readonly<Record<string, string>>
}

export class ServiceFault extends Error {
  readonly status: Status
  readonly info: ErrorInfo | undefined

  constructor(status: Status, message: string, info?: ErrorInfo) {
    super(message)
    this.status = status
    this.info = info
  }

  get code(): number {
    return statuses[this.status].code
  }

  get http(): number {
    return statuses[this.status].http
  }
}

/** The connection broke before an answer arrived. Whether the call was applied is what the caller cannot know. */
export class ConnectionLost extends Error {
  constructor() {
    super('Connection dropped')
  }
}

export const invalid = (message = 'Request contains an invalid argument.'): ServiceFault =>
  new ServiceFault('INVALID_ARGUMENT', message)
export const notFound = (message: string): ServiceFault => new ServiceFault('NOT_FOUND', message)
export const refused = (message: string): ServiceFault => new ServiceFault('FAILED_PRECONDITION', message)

/** The text as recorded on the service: the same code as a version that is disabled. */
export const etagMismatch = (): ServiceFault =>
  refused(
    "The etag provided in the request does not match the resource's current etag. " +
      'Please retry the whole read-modify-write with exponential backoff.',
  )
