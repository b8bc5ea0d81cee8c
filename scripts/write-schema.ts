/**
 * Writes `lockstep.schema.json`, which editors complete `lockstep.yml` with. Run it after a change of the schema.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../core/config/json-schema.ts'

const file = new URL('../lockstep.schema.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
