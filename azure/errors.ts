/**
 * The one mapping of everything that the two clients throw: Key Vault's errors, Blob storage's, those of the sign-in, and names
 * of sockets. Of the foreign error only the code survives: messages quote requests, and requests hold values.
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 * https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
 * @module
 */
import { type ErrorCode, RotationError } from '../core/errors.ts'

export interface Asked {
  readonly service: 'Key Vault' | 'Blob storage'
  readonly operation: string
  /** The data action of a role: `Microsoft.KeyVault/vaults/secrets/getSecret/action`. */
  readonly action: string
  /** What an access policy calls the same, in vaults that have those. */
  readonly policy?: 'get' | 'list' | 'set'
  /** The secret, or the blob. */
  readonly at?: string | undefined
  /** Changes something: without an answer it may have been applied. */
  readonly writes: boolean
  /** What the container holds. Default: journals. */
  readonly holds?: Holding
}

export interface Holding {
  readonly one: string
  readonly all: string
  /** Of the configuration. */
  readonly key: string
}

const JOURNALS: Holding = { one: 'journal', all: 'journals', key: 'journal' }

interface Facts {
  readonly name: string
  readonly status: number | undefined
  /** The service's, or the socket's. */
  readonly code: string | undefined
  /** Key Vault's own reason beneath `Forbidden` and `Conflict`. */
  readonly inner: string | undefined
  /** Looked at, never shown. */
  readonly message: string
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export function factsOf(error: unknown): Facts {
  const { name, code, statusCode, message, details } = Object(error) as Record<string, unknown>
  const { error: body, errorCode } = Object(details) as Record<string, unknown>
  const { code: named, innerError } = Object(body) as Record<string, unknown>
  return {
    name: textOf(name) ?? 'unknown',
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: textOf(named) ?? textOf(errorCode) ?? textOf(code),
    inner: textOf(Object(innerError).code),
    message: textOf(message) ?? '',
  }
}

/** The version that was asked for is disabled: no denial, and no absence. */
export const isDisabled = (error: unknown): boolean => factsOf(error).inner === 'SecretDisabled'

/** Seconds that the service asks to be left alone. */
export function retryAfterOf(error: unknown): number | undefined {
  const { response } = Object(error) as { response?: { headers?: { get?: (name: string) => string | undefined } } }
  const seconds = Number(response?.headers?.get?.('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds : undefined
}

type Fail = (code: ErrorCode, message: string, next?: string) => RotationError

export function mapError(error: unknown, asked: Asked, signal?: AbortSignal): RotationError {
  if (error instanceof RotationError) return error
  const facts = factsOf(error)
  const foreign = [facts.inner, facts.code].find(each => each !== undefined && /^[A-Za-z0-9_-]{1,40}$/.test(each))
  const fail: Fail = (code, message, next) =>
    new RotationError(code, message, { at: asked.at, foreign, ...(next !== undefined && { next }) })
  if (facts.status === undefined && signal?.aborted) return fail('aborted', 'The run was interrupted.')
  return (
    ofSignIn(facts, fail) ??
    (asked.service === 'Key Vault' ? ofVault(facts, asked, fail) : ofStorage(facts, asked, fail)) ??
    unanswered(facts, asked, fail)
  )
}

const SIGN_IN = 'Sign in (`az login`), or give the process a managed identity; then run it again.'

function ofSignIn({ name, status, message }: Facts, fail: Fail): RotationError | undefined {
  if (/^(CredentialUnavailable|Authentication|AuthenticationRequired|AggregateAuthentication)Error$/.test(name))
    return fail('access-denied', 'Azure has no credentials for this process, or does not accept them.', SIGN_IN)
  if (status === 401) return fail('access-denied', 'Azure does not accept the credentials of this process.', SIGN_IN)
  if (status === undefined && /^The challenge /.test(message))
    return fail('config-invalid', 'The address of the store is not that of a key vault.', 'Correct `vault`.')
  return undefined
}

function ofVault(facts: Facts, asked: Asked, fail: Fail): RotationError | undefined {
  switch (facts.status) {
    case 400:
      return fail('refused', `Key Vault does not accept the parameters of ${asked.operation}.`)
    case 403:
      return forbidden(facts, asked, fail)
    case 404:
      return fail('secret-not-found', 'Key Vault has no such secret or version.')
    case 409:
      return conflict(facts, asked, fail)
    case 429:
      return fail('busy', `Key Vault is throttling ${asked.operation}.`)
    default:
      return undefined
  }
}

function forbidden(facts: Facts, asked: Asked, fail: Fail): RotationError {
  switch (facts.inner) {
    case 'ForbiddenByFirewall':
    case 'ForbiddenByConnection':
      return fail(
        'access-denied',
        'The firewall of the key vault keeps this address out.',
        'Add its network to the vault (`az keyvault network-rule add`), or reach the vault by its private endpoint.',
      )
    case 'SecretManagedByKeyVault':
      return fail('refused', 'Key Vault manages this secret for a certificate, and renews it itself.')
    case 'SecretDisabled':
      return fail('refused', 'The version is disabled.')
  }
  if (isReadOnly(facts))
    return fail(
      'store-unavailable',
      'The key vault takes no writes: its region has failed over, and only reads work until it is back.',
      'Nothing is rotated meanwhile. When the vault takes writes again, run the same command again.',
    )
  return denied(asked, fail)
}

/** The documentation says that writes fail then, not how they are answered. */
const isReadOnly = ({ inner, message }: Facts): boolean => /read.?only/i.test(`${inner} ${message}`)

function conflict({ inner }: Facts, { at, operation }: Asked, fail: Fail): RotationError {
  if (inner === 'ObjectIsDeletedButRecoverable')
    return fail(
      'refused',
      'A secret of this name was deleted and still holds the name.',
      `Recover it: \`az keyvault secret recover --name ${at}\`; or purge it, if nobody needs its values.`,
    )
  return fail('busy', `Key Vault is deleting or recovering the secret (${operation}).`)
}

function denied({ action, policy, at }: Asked, fail: Fail): RotationError {
  const on = at === undefined ? '' : ` on ${at}`
  const orElse = policy === undefined ? '' : ` In a vault with access policies: the secret permission \`${policy}\`.`
  return fail('access-denied', `${action}${on} is not allowed.`, `Assign a role with ${action}${on}.${orElse}`)
}

function ofStorage(facts: Facts, asked: Asked, fail: Fail): RotationError | undefined {
  const { status, code } = facts
  const { one, all, key } = asked.holds ?? JOURNALS
  if (code === 'ContainerNotFound' || code === 'ContainerBeingDeleted')
    return fail(
      'refused',
      `The container for the ${all} does not exist.`,
      `Create it (\`az storage container create\`), or correct \`${key}\`. A ${one} elsewhere must not be lost.`,
    )
  if (code === 'ServerBusy' || status === 429) return fail('busy', `Blob storage is throttling ${asked.operation}.`)
  if (code === 'LeaseIdMissing' || code === 'BlobImmutableDueToPolicy')
    return fail('refused', `The ${one} of this secret is locked by somebody (a lease, or an immutability policy).`)
  if (status === 409 || status === 412) return fail('stale', `The ${one} of the secret has moved since it was read.`)
  if (status === 404) return fail('secret-not-found', `There is no such ${one}.`)
  if (status === 403) return storageDenied(facts, asked, fail)
  if (status === 400) return fail('refused', `Blob storage does not accept the parameters of ${asked.operation}.`)
  return undefined
}

/** The same code for the account's firewall and for a key that is not its key. */
function storageDenied({ code = '' }: Facts, asked: Asked, fail: Fail): RotationError {
  const { all } = asked.holds ?? JOURNALS
  if (code.startsWith('KeyVault'))
    return fail(
      'access-denied',
      `The key that encrypts the storage account of the ${all} cannot be used: it is disabled, deleted, or not permitted.`,
      'Enable or recover it in its key vault, and let the identity of the storage account use it.',
    )
  if (code !== 'AuthorizationFailure') return denied(asked, fail)
  const next = `Allow its network in the firewall of the storage account, or assign a role with ${asked.action}.`
  return fail('access-denied', `The storage account of the ${all} keeps this process out.`, next)
}

/** The connection was never made: nothing was done. */
const UNREACHED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
const reach = ({ holds }: Asked): string =>
  `Check ${holds ? `\`${holds.key}\`` : '`vault`, `journal`'} and the network, private endpoints and their DNS included; then run it again.`

/** Neither yes nor no. What was never sent, or only reads, has done nothing. */
function unanswered({ code = '' }: Facts, asked: Asked, fail: Fail): RotationError {
  const { service, operation, writes } = asked
  if (writes && !UNREACHED.includes(code)) return fail('unknown', `${operation} of ${service} was not answered.`)
  return fail('store-unavailable', `${service} cannot be reached (${operation}).`, reach(asked))
}
