/**
 * `target: { kind: oracle }`.
 * @module
 */
import { z } from 'zod'
import { line } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, profile, tls } from './target-parts.ts'

export const oracle = z.strictObject({
  kind: z.literal('oracle').describe('Oracle Database 19.12 and later; a preview.'),
  endpoints: endpoints(
    z.strictObject({
      ...endpointAt(1521).shape,
      service: line.describe('The name of the service, as the listener knows it.'),
    }),
  ),
  tls: tls.optional(),
  admin: admin.optional(),
  profile: profile.optional(),
  probes: probes(
    'Statements that the login must be able to run with the new password, as the application would. Rolled back.',
  ).optional(),
  adopt: adopt.optional(),
})
