/**
 * `target: { kind: mariadb }`.
 * @module
 */
import { z } from 'zod'
import { line } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, profile, tls } from './target-parts.ts'

export const mariadb = z.strictObject({
  kind: z.literal('mariadb').describe('MariaDB 10.4 and later. MySQL is a kind of its own.'),
  endpoints: endpoints(
    z.strictObject({
      ...endpointAt(3306).shape,
      database: line.optional().describe('The database to log in to. Default: none.'),
    }),
  ),
  tls: tls.optional(),
  admin: admin.optional(),
  profile: profile.optional(),
  hosts: z
    .array(line)
    .min(1)
    .max(64)
    .optional()
    .describe('Host parts of the user@host accounts to rotate, such as "%". Default: every account of the login.'),
  probes: probes(
    'Statements that the new login must be able to run, as the application would. Rolled back, if they can be.',
  ).optional(),
  adopt: adopt.optional(),
})
