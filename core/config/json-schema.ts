/**
 * `lockstep.schema.json`, which editors complete `lockstep.yml` with: made from the schema that validates it.
 * @module
 */
import { z } from 'zod'
import { root } from './schema/root.ts'

/** As much of JSON Schema as the schema of `lockstep.yml` uses. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
}

export const configJsonSchema = (): JsonSchema =>
  ({ title: 'lockstep.yml', ...z.toJSONSchema(root, { io: 'input' }) }) as JsonSchema
