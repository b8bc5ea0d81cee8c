/** An error of the service as it goes over the wire: `__type` is `code`. Every client error is HTTP 400 (service model). */
export class ServiceFault extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The connection broke before an answer arrived. Whether the call was applied is what the caller cannot know. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('socket hang up')
  }
}

export const invalidParameter = (message: string): ServiceFault =>
  new ServiceFault('InvalidParameterException', message)
export const invalidRequest = (message: string): ServiceFault => new ServiceFault('InvalidRequestException', message)
export const notFound = (message: string): ServiceFault => new ServiceFault('ResourceNotFoundException', message)
export const exists = (message: string): ServiceFault => new ServiceFault('ResourceExistsException', message)
export const limitExceeded = (message: string): ServiceFault => new ServiceFault('LimitExceededException', message)
export const accessDenied = (message: string): ServiceFault => new ServiceFault('AccessDeniedException', message)

/** What a length or pattern of the service model refuses (API reference, "Common Errors": ValidationError). */
export const invalidShape = (member: string, constraint: string): ServiceFault =>
  new ServiceFault(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  )
