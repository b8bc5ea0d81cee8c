// Errors as Key Vault writes them: `{ "error": { "code", "message", "innererror": { "code" } } }`.
// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes; each text was seen in recordings of the service.

import { ServiceFault } from '../common/service-fault.ts'

export const badParameter = (message: string): ServiceFault => new ServiceFault(400, 'BadParameter', message)

/** What the service says of a value, contentType or tag that is too long, and of too many tags; it does not say which. */
export const invalidProperty = (): ServiceFault => badParameter('Property has invalid value\r\n')

export const invalidName = (name: string): ServiceFault =>
  badParameter(`The request URI contains an invalid name: ${name}`)

export const notFound = (nameOrId: string): ServiceFault =>
  new ServiceFault(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${nameOrId} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  )

export const deletedNotFound = (name: string): ServiceFault =>
  new ServiceFault(404, 'SecretNotFound', `Deleted Secret not found: ${name}`)

export const disabled = (): ServiceFault =>
  new ServiceFault(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled')

/** A certificate's secret. Seen for `set` and `delete`; `update` is assumed to be answered alike. */
export const managed = (operation: string): ServiceFault =>
  new ServiceFault(
    403,
    'Forbidden',
    `Operation "${operation}" is not allowed as this object's lifetime is managed by Key Vault.`,
    'SecretManagedByKeyVault',
  )

export const conflict = (message: string, inner?: string): ServiceFault =>
  new ServiceFault(409, 'Conflict', message, inner)

export const throttled = (): ServiceFault =>
  new ServiceFault(
    429,
    'Throttled',
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
  )

/**
 * Which operations work is documented (https://learn.microsoft.com/azure/reliability/reliability-key-vault); how the others
 * are answered is not: status, code and text are assumed.
 */
export const readOnly = (vault: string): ServiceFault =>
  new ServiceFault(
    403,
    'Forbidden',
    `The key vault ${vault} is in read-only mode because its region failed over.`,
    'VaultIsReadOnly',
  )
