// https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes

import { ServiceFault } from '../common/service-fault.ts'

export const blobNotFound = () => new ServiceFault(404, 'BlobNotFound', 'The specified blob does not exist.')

export const containerNotFound = () =>
  new ServiceFault(404, 'ContainerNotFound', 'The specified container does not exist.')

export const containerExists = () =>
  new ServiceFault(409, 'ContainerAlreadyExists', 'The specified container already exists.')

export const blobExists = () => new ServiceFault(409, 'BlobAlreadyExists', 'The specified blob already exists.')

export const conditionNotMet = () =>
  new ServiceFault(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.')

/** To a read whose If-None-Match names what is there: no error, and no body. */
export const notModified = () =>
  new ServiceFault(304, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.')

export const invalid = (code: string) => new ServiceFault(400, code, 'The request is not valid.')

/** What too many requests are answered, without a Retry-After: the client's own back-off applies. */
export const busy = () => new ServiceFault(503, 'ServerBusy', 'The server is busy.')

export const notPermitted = () =>
  new ServiceFault(
    403,
    'AuthorizationPermissionMismatch',
    'This request is not authorized to perform this operation using this permission.',
  )

/** By the account's firewall. */
export const notAuthorized = () =>
  new ServiceFault(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.')

export const notAuthenticated = (code: 'InvalidAuthenticationInfo' | 'NoAuthenticationInformation') =>
  new ServiceFault(
    401,
    code,
    'Server failed to authenticate the request. Please refer to the information in the header.',
  )
