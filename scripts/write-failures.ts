/**
 * Writes `docs/failures.md`. Run it after a change of the error table.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { failuresPage } from './failures-page.ts'

writeFileSync(new URL('../docs/failures.md', import.meta.url), failuresPage())
