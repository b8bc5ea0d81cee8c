/**
 * Writes `docs/permissions.md`. Run it after a change of `infra/permissions`, or of a file that makes the calls.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { permissionsPage } from './permissions-page.ts'

writeFileSync(new URL('../docs/permissions.md', import.meta.url), await permissionsPage())
