/**
 * `target: { kind: redis }`.
 * @module
 */
import { z } from 'zod'
import { line, port } from './parts.ts'
import { admin, adopt, endpointAt, endpoints, probes, tls } from './target-parts.ts'

export const redis = z
  .strictObject({
    kind: z.literal('redis').describe('Redis 6 and later, or Valkey: one server, replicas, a cluster.'),
    endpoints: endpoints(endpointAt(6379)).describe(
      'Every node, primaries as writer and replicas as reader: each keeps users of its own, and is changed and tested.',
    ),
    tls: tls.optional(),
    admin: admin.optional(),
    replication: z
      .boolean()
      .optional()
      .describe('The nodes log in to each other with this login: masterauth is changed with it. Default: false.'),
    sentinels: z
      .array(
        z.strictObject({
          host: line.describe('A name or an address.'),
          port: port.optional().describe('Default: 26379.'),
        }),
      )
      .min(1)
      .max(64)
      .optional()
      .describe('Every Sentinel that logs in to the nodes with this login: its auth-pass is changed with it.'),
    masterName: line.optional().describe('With sentinels: the name that they know the primary by.'),
    unsaved: z
      .boolean()
      .optional()
      .describe('Rotate also where a node can save nothing, so that its restart undoes it. Default: false.'),
    probes: probes('Commands that the new login must be able to run, each on a line: GET some:key.').optional(),
    adopt: adopt.optional().describe('Take over a login that has other passwords than ours: they end. Default: false.'),
  })
  .refine(
    ({ sentinels, masterName }) => (sentinels === undefined) === (masterName === undefined),
    'sentinels and masterName go together',
  )
