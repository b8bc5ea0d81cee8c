/**
 * `target: { kind: mysql }`.
 * @module
 */
import { z } from 'zod'
import { line, path } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, profile, tls } from './target-parts.ts'

export const mysql = z.strictObject({
  kind: z.literal('mysql').describe('MySQL 8.0.14 and later. MariaDB is a kind of its own.'),
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
  serverPublicKey: path
    .optional()
    .describe(
      'With tls disabled: a PEM file of the RSA key of the server, with which passwords are encrypted at login. Without it such a login is refused.',
    ),
  probes: probes(
    'Statements that the new login must be able to run, as the application would. Rolled back, if they can be.',
  ).optional(),
  adopt: adopt.optional(),
})
