/**
 * `lockstep.yml`: from text to a checked configuration.
 * @module
 */
export { exampleConfig } from './example.ts'
export { configJsonSchema, type JsonSchema } from './json-schema.ts'
export { type LoadOptions, loadConfig } from './load.ts'
export type * from './types.ts'
