/**
 * Runs the schema and says in words of this project what does not fit: zod's own messages know no suggestions.
 * @module
 */
import type { z } from 'zod'
import { isMapping, ownValue } from './environment.ts'
import { configJsonSchema, type JsonSchema } from './json-schema.ts'
import { didYouMean } from './nearest.ts'
import type { DataPath, Problem } from './problem.ts'
import { type RootInput, root } from './schema/root.ts'

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }

const words = (values: readonly unknown[]): string[] => values.map(String)
const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${words(values).join(', ')}`

/** What was expected, as the end of a sentence. Messages of the schema itself go before it. */
function expectation(issue: RawIssue): string {
  const unit = units[String(issue.origin)] ?? ''
  switch (issue.code) {
    case 'invalid_type':
      return types[String(issue.expected)] ?? 'something else'
    case 'invalid_value':
      return oneOf(issue.values as unknown[])
    case 'invalid_union':
      return oneOf((issue.options as unknown[] | undefined) ?? ['the documented forms'])
    case 'too_small':
      return `at least ${issue.minimum}${unit}`
    case 'too_big':
      return `at most ${issue.maximum}${unit}`
    default:
      return 'something else'
  }
}

const dataAt = (data: unknown, path: DataPath): unknown => path.reduce(ownValue, data)

/** The schema of the data at `path`; where several are possible, the one whose `kind` or `format` the data names. */
function schemaAt(schema: JsonSchema | undefined, data: unknown, path: DataPath): JsonSchema | undefined {
  if (schema?.oneOf !== undefined) return schemaAt(alternative(schema.oneOf, data), data, path)
  // A word or a mapping: where keys are looked for, the mapping.
  if (schema?.anyOf !== undefined)
    return schemaAt(
      schema.anyOf.find(({ properties }) => properties),
      data,
      path,
    )
  const [key, ...rest] = path
  if (key === undefined || schema === undefined) return schema
  const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  const inner = typeof key === 'number' ? schema.items : (schema.properties?.[key] ?? other)
  return schemaAt(inner, ownValue(data, key), rest)
}

const alternative = (alternatives: readonly JsonSchema[], data: unknown): JsonSchema | undefined =>
  alternatives.find(({ properties }) =>
    ['kind', 'format'].some(key => {
      const allowed = properties?.[key]
      const values = allowed?.enum ?? (allowed?.const === undefined ? [] : [allowed.const])
      return values.includes(ownValue(data, key))
    }),
  )

function unknownKeys(keys: readonly string[], path: DataPath, data: unknown, schema: JsonSchema): Problem[] {
  const known = Object.keys(schemaAt(schema, data, path)?.properties ?? {})
  return keys.map(key => ({ path: [...path, key], aboutKey: true, says: `unknown key${didYouMean(key, known)}` }))
}

/** What a wrong word could have meant. */
function allowedWords(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return words(issue.values)
  return issue.code === 'invalid_union' && 'options' in issue ? words(issue.options as unknown[]) : []
}

/** Of several forms the one that was meant, if any was: it is wrong further inside. */
function insideUnion(issue: Issue): readonly Issue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined
  return issue.errors.find(
    each => each.length > 0 && each.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  )
}

function toProblems(issue: Issue, data: unknown, schema: JsonSchema): Problem[] {
  const path = issue.path as DataPath
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, data, schema)
  if (issue.code === 'custom') return [{ path, says: issue.message }]
  if (issue.code === 'invalid_key')
    return [{ path, aboutKey: true, says: `expected ${issue.issues[0]?.message ?? 'another name'}` }]
  const inside = insideUnion(issue)
  if (inside) return inside.flatMap(each => toProblems({ ...each, path: [...path, ...each.path] }, data, schema))
  const found = dataAt(data, path)
  if (found === undefined) return [{ path, says: `is missing; expected ${issue.message}` }]
  return [{ path, says: `expected ${issue.message}${didYouMean(found, allowedWords(issue))}` }]
}

export function validate(data: unknown): { readonly input?: RootInput; readonly problems: readonly Problem[] } {
  if (!isMapping(data)) return { problems: [{ path: [], says: 'expected a mapping that begins with `version: 1`' }] }
  const result = root.safeParse(data, { error: expectation })
  if (result.success) return { input: result.data, problems: [] }
  const schema = configJsonSchema()
  return { problems: result.error.issues.flatMap(issue => toProblems(issue, data, schema)) }
}
