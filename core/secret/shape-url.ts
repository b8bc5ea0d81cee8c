/**
 * `format: url`: any URL with user and password in front of the host. Cut by hand, because `new URL` normalises what it
 * reads and puts its input into its errors.
 * @module
 */
import { type Locate, type Part, unsuitable } from './shape-parts.ts'

/** Scheme, what stands before the last `@` of the authority, and what stands after it. */
const URL_WITH_LOGIN = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)([^/?#]*)@([^/?#@]*)(.*)$/s
/** Drivers prefer these to what stands before the host, so a new password there would not be used. */
const LOGIN_IN_QUERY = /[?&](?:user|username|password)=/
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:,]*)(?::(\d*))?$/

/** Everything but RFC 3986's unreserved characters; `encodeURIComponent` leaves five more. */
export function percentEncode(text: string): string {
  if (!text.isWellFormed()) throw unsuitable('cannot hold half a character (a lone surrogate) in a URL')
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function percentDecode(text: string, what: 'username' | 'password'): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unsuitable(`has a ${what} that is not percent-encoded`)
  }
}

const partAt = (start: number, encoded: string, what: 'username' | 'password'): Part => ({
  start,
  end: start + encoded.length,
  text: percentDecode(encoded, what),
  encode: percentEncode,
})

/** Several hosts (`a:1,b:2`) stay one text: they are compared, never dialled. */
function hostAndPort(text: string): { host?: string | undefined; port?: string | undefined } {
  const match = HOST_AND_PORT.exec(text)
  if (match === null) return { host: text }
  return { host: match[1] || undefined, port: match[2] || undefined }
}

export const locateInUrl: Locate = text => {
  const match = URL_WITH_LOGIN.exec(text)
  if (match === null) throw unsuitable('is not a URL of the form scheme://user:password@host')
  const [, scheme, login, host, rest] = match as unknown as [string, string, string, string, string]
  const colon = login.indexOf(':')
  if (colon === -1) throw unsuitable('is a URL without a password')
  if (LOGIN_IN_QUERY.test(rest)) throw unsuitable('is a URL that names user or password in its query too')
  return {
    username: partAt(scheme.length, login.slice(0, colon), 'username'),
    password: partAt(scheme.length + colon + 1, login.slice(colon + 1), 'password'),
    ...hostAndPort(host),
  }
}
