/**
 * Writes the tables of `docs/stores.md`. Run it after a change of a store, of a site of the conformance suite, or of its gaps.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { withTables } from '../conformance/page.ts'

const file = new URL('../docs/stores.md', import.meta.url)
writeFileSync(file, withTables(readFileSync(file, 'utf8')))
