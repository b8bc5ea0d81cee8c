/**
 * `target: { kind: sqlserver }`.
 * @module
 */
import { z } from 'zod'
import { line } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, profile, tls } from './target-parts.ts'

export const sqlserver = z.strictObject({
  kind: z.literal('sqlserver').describe('SQL Server and Azure SQL; a preview.'),
  endpoints: endpoints(
    z.strictObject({ ...endpointAt(1433).shape, database: line.describe('The database to log in to.') }),
  ),
  contained: z
    .boolean()
    .optional()
    .describe(
      'The users belong to a contained database, which replicates them. Else each writer and reader has logins of its own, and all are changed. Default: false.',
    ),
  tls: tls.optional(),
  admin: admin.optional(),
  profile: profile.optional(),
  probes: probes('Batches that the new login must be able to run, as the application would. Rolled back.').optional(),
  adopt: adopt.optional(),
})
