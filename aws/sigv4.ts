/**
 * Signature Version 4, for the few requests that are made without a client of the SDK: a client each would be a package more to
 * install, for one call. Pure. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @module
 */
import { createHash, createHmac } from 'node:crypto'

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Scope {
  readonly service: string
  readonly region: string
  readonly at: Date
}

export interface Signable {
  readonly method: string
  readonly host: string
  /** As it is sent: its segments are encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The headers to send, with those of the signature. */
export function signed(request: Signable, identity: Identity, scope: Scope): Record<string, string> {
  const { method, host, path, body } = request
  const stamp = stampOf(scope)
  const headers: Record<string, string> = {
    ...request.headers,
    host,
    'x-amz-date': stamp,
    ...(identity.sessionToken !== undefined && { 'x-amz-security-token': identity.sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    method,
    // of every service but S3: encoded once more
    path.split('/').map(encode).join('/'),
    '',
    ...names.map(name => `${name}:${headers[name]!.trim()}`),
    '',
    names.join(';'),
    hash(body),
  ].join('\n')
  const credential = `${identity.accessKeyId}/${scopeText(scope)}`
  const signature = signatureOf(canonical, identity, scope)
  // fetch sets it itself
  const { host: _, ...sent } = headers
  return {
    ...sent,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** A query that is signed as a whole, for a request without a body. `host`: with its port. */
export function presigned(
  host: string,
  query: Readonly<Record<string, string>>,
  lifetime: number,
  identity: Identity,
  scope: Scope,
): string {
  const all: Record<string, string> = {
    ...query,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${identity.accessKeyId}/${scopeText(scope)}`,
    'X-Amz-Date': stampOf(scope),
    'X-Amz-Expires': String(lifetime),
    ...(identity.sessionToken !== undefined && { 'X-Amz-Security-Token': identity.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  }
  const text = Object.keys(all)
    .sort()
    .map(name => `${encode(name)}=${encode(all[name]!)}`)
    .join('&')
  const canonical = ['GET', '/', text, `host:${host}`, '', 'host', hash('')].join('\n')
  return `${host}/?${text}&X-Amz-Signature=${signatureOf(canonical, identity, scope)}`
}

/** As RFC 3986 has it. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)

const stampOf = ({ at }: Scope): string => at.toISOString().replace(/[-:]|\.\d{3}/g, '')
const scopeText = (scope: Scope): string =>
  [stampOf(scope).slice(0, 8), scope.region, scope.service, 'aws4_request'].join('/')

function signatureOf(canonical: string, { secretAccessKey }: Identity, scope: Scope): string {
  const text = [ALGORITHM, stampOf(scope), scopeText(scope), hash(canonical)].join('\n')
  const day = hmac(`AWS4${secretAccessKey}`, stampOf(scope).slice(0, 8))
  const key = hmac(hmac(hmac(day, scope.region), scope.service), 'aws4_request')
  return createHmac('sha256', key).update(text).digest('hex')
}
