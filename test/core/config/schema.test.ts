import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { exampleConfig } from '../../../core/config/example.ts'
import { configJsonSchema, type JsonSchema } from '../../../core/config/json-schema.ts'
import { root } from '../../../core/config/schema/root.ts'
import { alternating, file, postgres, single } from './support.ts'

type Described = JsonSchema & { readonly description?: string; readonly required?: readonly string[] }

/** Every key that an editor can offer, with its schema. */
function* keysOf(schema: Described, path: string): Generator<[string, Described]> {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, inner]
    yield* keysOf(inner, `${path}.${key}`)
  }
  if (typeof schema.additionalProperties === 'object') yield* keysOf(schema.additionalProperties, `${path}.*`)
  if (schema.items) yield* keysOf(schema.items, `${path}[]`)
  for (const inner of schema.oneOf ?? []) yield* keysOf(inner, path)
}

/** Every mapping with keys of its own. */
const closed = (schema: Described): boolean =>
  (schema.properties === undefined || schema.additionalProperties === false) &&
  [...Object.values(schema.properties ?? {}), ...(schema.oneOf ?? []), schema.items, schema.additionalProperties].every(
    inner => typeof inner !== 'object' || closed(inner),
  )

describe('lockstep.schema.json', () => {
  const published = JSON.parse(readFileSync(new URL('../../../lockstep.schema.json', import.meta.url), 'utf8'))

  it('is what the schema of the code says; otherwise run `node scripts/write-schema.ts`', () => {
    expect(published).toEqual(configJsonSchema())
  })

  it('describes every key', () => {
    const keys = [...keysOf(published, '')]
    expect(keys.length).toBeGreaterThan(100)
    expect(keys.filter(([, schema]) => !schema.description).map(([path]) => path)).toEqual([])
  })

  it('allows no unknown key anywhere', () => {
    expect(closed(published)).toBe(true)
  })

  it('needs of a person only what has no default', () => {
    expect(published.required).toEqual(['version', 'secrets'])
    expect(published.properties.secrets.additionalProperties.required).toEqual(['strategy', 'target'])
  })

  it('judges as the code does, where no rule across keys is involved', () => {
    const asEditor = z.fromJSONSchema(published)
    const part = fc.oneof(fc.jsonValue(), fc.constantFrom('30d', '5', 'never', 'json', 'writer', 0, 70_000, '-x', ''))
    const data = fc.oneof(
      fc.constantFrom(parse(exampleConfig), file()),
      fc
        .tuple(fc.constantFrom('interval', 'grace', 'consumers', 'retryBudget', 'user', 'users', 'window', 'zzz'), part)
        .map(([key, value]) => file({ secrets: { orders: alternating({ [key]: value }) } })),
      fc
        .tuple(fc.constantFrom('endpoints', 'tls', 'probes', 'hash', 'adopt', 'kind'), part)
        .map(([key, value]) => file({ secrets: { orders: single({ target: postgres({ [key]: value }) }) } })),
    )
    fc.assert(
      fc.property(data, candidate => {
        expect(asEditor.safeParse(candidate).success).toBe(root.safeParse(candidate).success)
      }),
      { numRuns: 500 },
    )
  })
})
