/**
 * `target: { kind: postgres }`.
 * @module
 */
import { z } from 'zod'
import { line } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, profile, tls } from './target-parts.ts'

export const postgres = z.strictObject({
  kind: z.literal('postgres').describe('PostgreSQL 13 to 18.'),
  endpoints: endpoints(
    z.strictObject({ ...endpointAt(5432).shape, database: line.describe('The database to log in to.') }),
  ),
  tls: tls.optional(),
  admin: admin.optional(),
  profile: profile.optional(),
  ownerRole: line
    .optional()
    .describe(
      'The role that owns the objects; sessions of both users run as it, so it never matters which of them is live.',
    ),
  probes: probes(
    'Statements that the new login must be able to run, as the application would. Rolled back.',
  ).optional(),
  adopt: adopt.optional(),
  hash: z
    .enum(['scram-sha-256', 'md5', 'plaintext'])
    .optional()
    .describe(
      "What is sent instead of the password; only scram-sha-256 keeps it out of the server's log. Default: scram-sha-256.",
    ),
})
