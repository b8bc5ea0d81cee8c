/**
 * `format: template`: literal text with `{username}` and `{password}` (percent-encoded), `{username:raw}` and
 * `{password:raw}` (as they are), and `{*}` for anything that survives untouched. `{{` and `}}` are braces.
 * A placeholder ends at the first occurrence of the literal that follows it, so no value can be read in two ways.
 * @module
 */
import { RotationError } from '../errors.ts'
import { type Locate, type Part, unsuitable } from './shape-parts.ts'
import { percentDecode, percentEncode } from './shape-url.ts'

interface Placeholder {
  readonly what: 'username' | 'password' | '*'
  readonly raw: boolean
  /** The literal that ends it; empty: the end of the value. */
  readonly until: string
}

export interface Template {
  /** The literal in front of the first placeholder. */
  readonly start: string
  readonly placeholders: readonly Placeholder[]
}

const PIECE = /\{\{|\}\}|\{(username|password)(:raw)?\}|\{(\*)\}|[{}]|[^{}]+/g
/** Unreserved and sub-delimiters of RFC 3986 that separate nothing in a query or a URL's login, and escapes. */
const ENCODED = /^(?:[A-Za-z0-9\-._~!$'()*]|%[0-9A-Fa-f]{2})*$/

/** The template is never quoted: somebody may have pasted the password into it. */
const refuse = (why: string): never => {
  throw new RotationError('config-invalid', `The template ${why}.`)
}

function pieces(text: string): { literals: string[]; placeholders: Omit<Placeholder, 'until'>[] } {
  const literals = ['']
  const placeholders: Omit<Placeholder, 'until'>[] = []
  for (const [piece, name, raw, rest] of text.matchAll(PIECE)) {
    const what = (name ?? rest) as Placeholder['what'] | undefined
    if (what !== undefined) {
      placeholders.push({ what, raw: raw !== undefined || what === '*' })
      literals.push('')
    } else if (piece === '{' || piece === '}') {
      refuse(
        'has a brace that belongs to none of {username}, {password}, {username:raw}, {password:raw}, {*}; a literal brace is {{ or }}',
      )
    } else literals.push(literals.pop() + (piece === '{{' || piece === '}}' ? piece.charAt(0) : piece))
  }
  return { literals, placeholders }
}

/** Throws `config-invalid`, saying what is wrong with the template. */
export function parseTemplate(text: string): Template {
  const { literals, placeholders } = pieces(text)
  const count = (what: string): number => placeholders.filter(placeholder => placeholder.what === what).length
  if (count('password') !== 1) refuse('must hold {password} or {password:raw} exactly once')
  if (count('username') > 1) refuse('may hold {username} or {username:raw} only once')
  if (literals.slice(1, -1).includes('')) refuse('needs a literal between two placeholders')
  return { start: literals[0]!, placeholders: placeholders.map((p, index) => ({ ...p, until: literals[index + 1]! })) }
}

export const templateHoldsUsername = (template: Template): boolean =>
  template.placeholders.some(({ what }) => what === 'username')

const mismatch = (): never => {
  throw unsuitable('does not match the template')
}

/** `end` is where the value's text of the placeholder stops. */
function endOf(text: string, from: number, { until }: Placeholder): number {
  if (until === '') return text.length
  const end = text.indexOf(until, from)
  return end === -1 ? mismatch() : end
}

function partOf(text: string, start: number, end: number, what: 'username' | 'password', raw: boolean): Part {
  const found = text.slice(start, end)
  if (raw) return { start, end, text: found, encode: same => same }
  if (!ENCODED.test(found)) throw unsuitable(`has a ${what} that is not percent-encoded`)
  return { start, end, text: percentDecode(found, what), encode: percentEncode }
}

export const locateInTemplate =
  ({ start, placeholders }: Template): Locate =>
  text => {
    if (!text.startsWith(start)) mismatch()
    const parts: { username?: Part; password?: Part } = {}
    let at = start.length
    for (const placeholder of placeholders) {
      const { what, raw, until } = placeholder
      const end = endOf(text, at, placeholder)
      if (what !== '*') parts[what] = partOf(text, at, end, what, raw)
      at = end + until.length
    }
    if (at !== text.length) mismatch()
    return { ...parts, password: parts.password! }
  }
