/**
 * What an application gets: the login that stands in a value, typed. The engine's shapes keep every byte of what they replace;
 * a reader needs none of that, and a bundle has no room for it.
 * @module
 */
import { SecretValue } from '../secret/secret-value.ts'
import { ClientError } from './client-error.ts'

export interface SecretCredential {
  readonly version: string
  /** Absent where the value does not name one and the shape neither. */
  readonly username?: string | undefined
  readonly password: SecretValue
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  /** The whole value. */
  readonly value: SecretValue
}

type Field = 'username' | 'password' | 'host' | 'port' | 'database'
type Texts = Readonly<Partial<Record<Field, string>>> & { readonly password: string }

/** How a value is laid out. */
export interface CredentialShape {
  /** Default: what it looks like. `password`: the whole text, such as an API key. */
  readonly format?: 'json' | 'url' | 'password'
  /** The user of a value that names none. */
  readonly username?: string
  /** Other names of the fields of `json`. */
  readonly fields?: Readonly<Partial<Record<Field, string>>>
}

const URL_WITH_LOGIN = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@([^/?#@]*)(?:\/([^?#]*))?(.*)$/is
/** Drivers prefer these to what stands before the host. */
const LOGIN_IN_QUERY = /[?&](?:user|username|password)=/
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:,]*)(?::(\d+))?$/

/** `says` never quotes the value. */
const unsuitable = (says: string): ClientError => new ClientError('value-unsuitable', `The value ${says}.`)

/** Throws `value-unsuitable`, naming what is missing and never what is there. */
export function readCredential(value: SecretValue, version: string, shape: CredentialShape = {}): SecretCredential {
  const { username = shape.username, password, host, port, database } = textsOf(value.reveal(), shape)
  if (password === '') throw unsuitable('has an empty password')
  const secret = SecretValue.of(password)
  const number = port === undefined || port === '' ? undefined : Number(port)
  if (number !== undefined && !(number > 0 && number < 65_536)) throw unsuitable('has a port that is not one')
  return Object.freeze({ version, username, password: secret, host, port: number, database, value })
}

function textsOf(text: string, { format, fields }: CredentialShape): Texts {
  const looks = /^\s*\{/.test(text) ? 'json' : URL_WITH_LOGIN.test(text) ? 'url' : 'password'
  switch (format ?? looks) {
    case 'json':
      return inJson(text, fields)
    case 'url':
      return inUrl(text)
    default:
      // Files and pipes add one, and no server would accept it.
      if (format === undefined && /[\r\n]/.test(text)) throw unsuitable('is a bare password and holds a line break')
      return { password: text }
  }
}

function inJson(text: string, fields: CredentialShape['fields'] = {}): Texts {
  const object = parsed(text)
  const at = (field: string): string | undefined => {
    const value = Object.hasOwn(object, field) ? object[field] : undefined
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string' && typeof value !== 'number')
      throw unsuitable(`has a field '${field}' that is neither a text nor a number`)
    return String(value)
  }
  const name = fields.password ?? 'password'
  const password = at(name)
  if (password === undefined) throw unsuitable(`has no field '${name}'; with format 'password' all of it is taken`)
  const optional = {
    username: at(fields.username ?? 'username'),
    host: at(fields.host ?? 'host'),
    port: at(fields.port ?? 'port'),
    database: fields.database === undefined ? (at('dbname') ?? at('database')) : at(fields.database),
  }
  return { password, ...defined(optional) }
}

/** The error of JSON.parse quotes its input: only the fact survives. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unsuitable('is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unsuitable('is not a JSON object')
  return value as Record<string, unknown>
}

/** Cut by hand: `new URL` normalises what it reads and puts its input into its errors. */
function inUrl(text: string): Texts {
  const match = URL_WITH_LOGIN.exec(text)
  if (match === null) throw unsuitable('is not a URL of the form scheme://user:password@host')
  const [, login = '', authority = '', path = '', rest = ''] = match
  const colon = login.indexOf(':')
  if (colon === -1) throw unsuitable('is a URL without a password')
  if (LOGIN_IN_QUERY.test(rest)) throw unsuitable('is a URL that names user or password in its query too')
  const [, host = authority, port] = HOST_AND_PORT.exec(authority) ?? []
  return {
    password: decoded(login.slice(colon + 1)),
    ...defined({ username: decoded(login.slice(0, colon)), host, port, database: decoded(path) }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unsuitable('is a URL that is not percent-encoded')
  }
}

function defined(parts: Readonly<Partial<Record<Field, string | undefined>>>): Partial<Record<Field, string>> {
  const there = Object.entries(parts).filter(([, text]) => text !== undefined && text !== '')
  return Object.fromEntries(there)
}
