import { badParameter, invalidName, invalidProperty, notFound } from './errors.ts'
import type { Request } from './world.ts'

/** The members of a request's body, unchecked: it is what arrived. */
export type Input = Readonly<Record<string, unknown>>

/** "25k bytes", https://learn.microsoft.com/azure/key-vault/secrets/about-secrets; that k is 1024 is assumed. */
const MAX_VALUE_BYTES = 25 * 1024
const MAX_TAGS = 15
const MAX_TAG_CHARACTERS = 512
const MAX_CONTENT_TYPE_CHARACTERS = 255
const PAGE = 25

export function parse(body: string): Input {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input
  } catch {}
  throw badParameter('The request body is not valid JSON.')
}

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates, "Object identifiers". */
export function checkName(name: string): void {
  if (!/^[0-9A-Za-z-]{1,127}$/.test(name)) throw invalidName(name)
}

/** That an id of another form is answered like an unknown one is assumed. */
export function checkVersion({ name, version }: Pick<Request, 'name' | 'version'>): void {
  if (version !== undefined && !/^[0-9a-f]{32}$/i.test(version)) throw notFound(`${name}/${version}`)
}

/** A value may be empty: assumed. */
export function value(input: Input, limit = MAX_VALUE_BYTES): string {
  const given = input.value
  if (typeof given !== 'string') throw badParameter('Property value is required and must be a string.')
  if (Buffer.byteLength(given) > limit) throw invalidProperty()
  return given
}

/** Undefined where the request names none: the caller decides whether that means none or unchanged. */
export function contentType(input: Input): string | undefined {
  const given = input.contentType
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'string' || given.length > MAX_CONTENT_TYPE_CHARACTERS) throw invalidProperty()
  return given
}

export function tags(input: Input): Readonly<Record<string, string>> | undefined {
  const given = input.tags
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'object' || Array.isArray(given)) throw invalidProperty()
  const pairs = Object.entries(given)
  if (pairs.length > MAX_TAGS) throw invalidProperty()
  for (const [name, text] of pairs) {
    if (typeof text !== 'string' || text.length > MAX_TAG_CHARACTERS) throw invalidProperty()
    if (name.length < 1 || name.length > MAX_TAG_CHARACTERS) throw invalidProperty()
  }
  return given as Record<string, string>
}

/** What a request says of them; null counts as unsaid, as an expiry that was set cannot be taken off again. */
export function attributes(input: Input): { enabled?: boolean; nbf?: number; exp?: number } {
  const given = input.attributes ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) throw invalidProperty()
  const { enabled, nbf, exp } = given as Record<string, unknown>
  return { ...flag('enabled', enabled), ...time('nbf', nbf), ...time('exp', exp) }
}

function flag(name: string, given: unknown): Record<string, boolean> {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'boolean') throw invalidProperty()
  return { [name]: given }
}

function time(name: string, given: unknown): Record<string, number> {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'number' || !Number.isInteger(given)) throw invalidProperty()
  return { [name]: given }
}

/** At most 25 a page: the specification's `maxresults` has that maximum. */
export function pageSize(query: URLSearchParams): number {
  const given = query.get('maxresults')
  if (given === null) return PAGE
  const size = Number(given)
  if (!Number.isInteger(size) || size < 1 || size > PAGE) throw badParameter('maxresults must be between 1 and 25.')
  return size
}
