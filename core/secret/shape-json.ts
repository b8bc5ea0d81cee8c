/**
 * `format: json`: an object whose fields hold username and password, as AWS documents for databases. Only the tokens of the
 * two fields are replaced in the text, so numbers that JavaScript cannot hold, order and layout survive.
 * @module
 */
import { type Locate, type Part, unsuitable } from './shape-parts.ts'

export interface JsonFields {
  readonly username: string
  readonly password: string
  readonly host: string
  readonly port: string
}

export const defaultFields: JsonFields = { username: 'username', password: 'password', host: 'host', port: 'port' }

/** Text that is valid JSON falls into these. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

interface Token {
  readonly text: string
  readonly start: number
}

interface Member {
  readonly start: number
  readonly end: number
  readonly value: unknown
}

/** The error of JSON.parse quotes its input: only the fact survives. */
function parseObject(text: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw unsuitable('is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unsuitable('is not a JSON object')
}

/** The members of the outermost object; nested ones keep `value` undefined, nobody reads them. */
export function membersOf(text: string): Map<string, Member> {
  parseObject(text)
  const members = new Map<string, Member>()
  let depth = 0
  let previous: Token | undefined
  let key: string | undefined
  for (const match of text.matchAll(TOKEN)) {
    const token = { text: match[0], start: match.index }
    if ('}]'.includes(token.text)) depth--
    if (depth === 1 && token.text === ':') key = JSON.parse(previous!.text)
    else if (key !== undefined) {
      if (members.has(key)) throw unsuitable('has two fields of the same name')
      members.set(key, memberOf(token))
      key = undefined
    }
    if ('{['.includes(token.text)) depth++
    previous = token
  }
  return members
}

function memberOf({ text, start }: Token): Member {
  const nested = '{['.includes(text)
  return { start, end: start + text.length, value: nested ? undefined : JSON.parse(text) }
}

function textPart(members: Map<string, Member>, field: string): Part {
  const member = members.get(field)
  if (member === undefined) throw unsuitable(`has no field '${field}'`)
  if (typeof member.value !== 'string') throw unsuitable(`has a field '${field}' that is not a text`)
  return { start: member.start, end: member.end, text: member.value, encode: JSON.stringify }
}

/** Host and port: there or not, text or number. */
function optional(members: Map<string, Member>, field: string): string | undefined {
  const member = members.get(field)
  if (member === undefined || member.value === null) return undefined
  const { value } = member
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw unsuitable(`has a field '${field}' that is neither a text nor a number`)
}

/** `withUsername: false`: the configuration names the user; a field for it may be missing. */
export const locateInJson =
  (fields: JsonFields, withUsername: boolean): Locate =>
  text => {
    const members = membersOf(text)
    return {
      username: withUsername || members.has(fields.username) ? textPart(members, fields.username) : undefined,
      password: textPart(members, fields.password),
      host: optional(members, fields.host),
      port: optional(members, fields.port),
    }
  }
