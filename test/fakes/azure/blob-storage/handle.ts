import type { Call, CallLog } from '../common/calls.ts'
import { run } from '../common/run.ts'
import { ServiceFault } from '../common/service-fault.ts'
import { STORAGE, TENANT } from '../common/tokens.ts'
import { ConnectionLost, type Handle, type WireAnswer, type WireRequest } from '../common/wire.ts'
import type { Account } from './account.ts'
import { busy, invalid, notAuthenticated, notAuthorized, notPermitted } from './errors.ts'
import { text } from './listing.ts'
import { type BlobOperation, type BlobOperationName, operationOf, operations } from './operations.ts'

export interface HandlerParts {
  readonly account: Account
  readonly calls: CallLog
  readonly sleep: (ms: number) => Promise<void>
}

interface Arrived {
  readonly sent: WireRequest
  readonly url: URL
  readonly op: BlobOperationName | undefined
  readonly container: string
  readonly blob: string
}

const ACTIONS = 'Microsoft.Storage/storageAccounts/blobServices/containers/'

/** One request through log, faults, token, firewall, permissions and the operation, in this order. */
export function handler({ account, calls, sleep }: HandlerParts): Handle {
  return async sent => {
    const arrived = locate(account, sent)
    const call = calls.add(describe(account, arrived))
    try {
      const apply = () => applyTo(account, arrived)
      const answer = await run({ call, faults: account.faults, sleep, apply, throttled: busy })
      return { ...answer, headers: { ...headers(account), ...answer.headers } }
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error
      return failure(account, sent.method, error)
    }
  }
}

/** `https://<account>.blob.core.windows.net/<container>/<blob>`, or `https://<address>/<account>/<container>/<blob>`. */
function locate(account: Account, sent: WireRequest): Arrived {
  const url = new URL(sent.url)
  const parts = url.pathname.slice(1).split('/').map(decodeURIComponent)
  const known = url.hostname === `${account.name}.blob.core.windows.net` || parts[0] === account.name
  if (!known) throw new ConnectionLost('ENOTFOUND')
  const [container = '', ...rest] = url.hostname.endsWith('.windows.net') ? parts : parts.slice(1)
  const blob = rest.join('/')
  return { sent, url, container, blob, op: operationOf(sent.method, url.searchParams, blob) }
}

function applyTo(account: Account, { sent, url, op, container, blob }: Arrived): WireAnswer {
  const identity = authenticate(account, sent.headers.authorization)
  if (!op) throw invalid('UnsupportedHttpVerb')
  const operation: BlobOperation = operations[op]
  if (account.blocked.has('*') || account.blocked.has(identity)) throw notAuthorized()
  const wanted = { actions: [operation.action, ACTIONS + operation.action], scopes: [container, account.name] }
  if (account.permissions.verdict(identity, wanted) !== 'allowed') throw notPermitted()
  const { headers, body } = sent
  return operation.run({ account, origin: url.origin, query: url.searchParams, headers, body, container, blob })
}

/** Tokens only: an account that also takes its key would need nothing else of this fake. */
function authenticate({ tokens }: Account, authorization: string | undefined): string {
  if (authorization === undefined) throw notAuthenticated('NoAuthenticationInformation')
  const claims = tokens.read(authorization.replace(/^Bearer /, ''))
  if (!claims || claims.audience !== STORAGE || tokens.isExpired(claims)) {
    throw notAuthenticated('InvalidAuthenticationInfo')
  }
  return claims.identity
}

function describe(account: Account, { sent, op = undefined, container, blob }: Arrived): Call {
  const identity = account.tokens.read(sent.headers.authorization?.replace(/^Bearer /, '') ?? '')?.identity
  return {
    op: op ?? 'unknown',
    at: account.name,
    name: blob === '' ? container : `${container}/${blob}`,
    time: account.now(),
    ...(identity !== undefined && { identity }),
  }
}

const headers = (account: Account): Record<string, string> => ({
  'x-ms-version': '2026-02-06',
  'x-ms-request-id': `fake-${account.random().toString(16).slice(2)}`,
  date: new Date(account.now()).toUTCString(),
})

/** In the header always; in the body where there is one: https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
function failure(account: Account, method: string, { status, code, message }: ServiceFault): WireAnswer {
  const authority = `https://login.microsoftonline.com/${TENANT}/oauth2/authorize`
  const challenge = `Bearer authorization_uri=${authority} resource_id=${STORAGE}`
  const without = method === 'HEAD' || status === 304
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text(message)}</Message></Error>`
  return {
    status,
    headers: {
      ...headers(account),
      'x-ms-error-code': code,
      ...(status === 401 && { 'www-authenticate': challenge }),
      ...(!without && { 'content-type': 'application/xml' }),
    },
    body: without ? '' : body,
  }
}
