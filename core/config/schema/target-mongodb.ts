/**
 * `target: { kind: mongodb }`.
 * @module
 */
import { z } from 'zod'
import { line } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, tls } from './target-parts.ts'

export const mongodb = z.strictObject({
  kind: z.literal('mongodb').describe('MongoDB, Amazon DocumentDB, or what else speaks their protocol. Not Atlas.'),
  endpoints: endpoints(endpointAt(27017)),
  tls: tls.optional(),
  admin: admin.optional(),
  authSource: line.optional().describe('The database in which the users were created. Default: admin.'),
  adminAuthSource: line.optional().describe('The database in which the admin was created. Default: admin.'),
  plaintext: z
    .boolean()
    .optional()
    .describe('With tls disabled: let new passwords travel in clear, which is refused otherwise. Default: false.'),
  probes: probes(
    'Commands that the new login must be able to run, as JSON, such as {"find":"orders","limit":1,"$db":"shop"}; reads only.',
  ).optional(),
  adopt: adopt.optional(),
})
