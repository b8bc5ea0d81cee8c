// Filters of list calls (docs, "Filter lists of secrets and secret versions"; grammar: AIP-160): name:part, labels.x=y,
// create_time<…, state=ENABLED, field:*, AND, OR, NOT, -, parentheses. OR binds tighter than AND. No regular expressions.
import { invalid } from './errors.ts'
import { fromWire, type WireTime } from './time.ts'

export type Matcher = (answer: object) => boolean

const TOKEN = /\s*(\(|\)|"(?:[^"\\]|\\.)*"|<=|>=|!=|[<>=:]|[^\s()"<>=:!]+)/gy
const KEYWORDS = new Set(['AND', 'OR', 'NOT'])
const COMPARATORS = new Set([':', '=', '!=', '<', '<=', '>', '>='])

/** @throws ServiceFault INVALID_ARGUMENT */
export function matcher(filter: string): Matcher {
  const reader = new Reader(tokens(filter))
  const matches = conjunction(reader)
  if (reader.peek() !== undefined) throw malformed()
  return matches
}

const malformed = () => invalid('Invalid filter.')

function tokens(filter: string): readonly string[] {
  const found = [...filter.matchAll(TOKEN)]
  if (found.reduce((length, each) => length + each[0].length, 0) !== filter.trimEnd().length) throw malformed()
  return found.map(each => each[1]!)
}

class Reader {
  #at = 0
  readonly #tokens: readonly string[]

  constructor(list: readonly string[]) {
    this.#tokens = list
  }

  peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw malformed()
    return token
  }

  /** Takes this word if it is the next one. */
  take(word: string): boolean {
    if (this.peek() !== word) return false
    this.#at++
    return true
  }
}

/** Terms side by side are joined by AND too. */
function conjunction(reader: Reader): Matcher {
  const all = [disjunction(reader)]
  while (reader.peek() !== undefined && reader.peek() !== ')') {
    reader.take('AND')
    all.push(disjunction(reader))
  }
  return answer => all.every(each => each(answer))
}

function disjunction(reader: Reader): Matcher {
  const any = [term(reader)]
  while (reader.take('OR')) any.push(term(reader))
  return answer => any.some(each => each(answer))
}

function term(reader: Reader): Matcher {
  if (reader.take('NOT')) return negated(term(reader))
  if (reader.take('(')) {
    const inner = conjunction(reader)
    if (!reader.take(')')) throw malformed()
    return inner
  }
  const word = reader.next()
  if (word.startsWith('-')) return negated(restriction(word.slice(1), reader))
  return restriction(word, reader)
}

const negated =
  (inner: Matcher): Matcher =>
  answer =>
    !inner(answer)

function restriction(field: string, reader: Reader): Matcher {
  const comparator = reader.peek()
  if (!/^"?\w/.test(field) || KEYWORDS.has(field)) throw malformed()
  if (comparator === undefined || !COMPARATORS.has(comparator)) {
    return answer => valuesAt(answer, ['name']).some(value => contains(value, unquote(field)))
  }
  reader.next()
  const operand = timeOf(reader)
  const path = field.split('.')
  return answer => {
    const values = valuesAt(answer, path)
    if (comparator === '!=') return !values.some(value => compare(value, '=', operand))
    return values.some(value => compare(value, comparator, operand))
  }
}

/** A time of day has colons, which end a word: 2021-01-01T06:00:00Z arrives in pieces. */
function timeOf(reader: Reader): string {
  let text = unquote(reader.next())
  while (/T\d\d(:\d\d)?$/.test(text) && reader.take(':')) text += `:${reader.next()}`
  return text
}

const unquote = (token: string): string =>
  token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, '$1') : token

const camel = (snake: string): string => snake.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** Of a list, the values of all its members. Keys of a map are taken as they are. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(each => valuesAt(each, path))
  const [first, ...rest] = path
  if (first === undefined) return value === undefined || value === null || value === '' ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  const fields = value as Readonly<Record<string, unknown>>
  return valuesAt(Object.hasOwn(fields, first) ? fields[first] : fields[camel(first)], rest)
}

const contains = (value: unknown, part: string): boolean =>
  typeof value === 'string' && value.toLowerCase().includes(part.toLowerCase())

/** `:` is "contains" for a text and `=` is the whole of it; a map has a key by `:`. */
function compare(value: unknown, comparator: string, operand: string): boolean {
  if (comparator === ':' && operand === '*') return true
  if (isTime(value)) return ordered(fromWire(value), comparator, Date.parse(operand))
  if (typeof value === 'object') return comparator === ':' && value !== null && Object.hasOwn(value, operand)
  if (comparator === ':') return contains(value, operand)
  if (comparator === '=') return String(value) === operand
  return ordered(Number(value), comparator, Number(operand))
}

const isTime = (value: unknown): value is WireTime => typeof value === 'object' && value !== null && 'nanos' in value

function ordered(one: number, comparator: string, other: number): boolean {
  if (Number.isNaN(other)) throw malformed()
  if (comparator === '<') return one < other
  if (comparator === '<=') return one <= other
  if (comparator === '>') return one > other
  if (comparator === '>=') return one >= other
  return one === other
}
