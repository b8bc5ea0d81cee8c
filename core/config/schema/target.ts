/**
 * `target:`: the system that accepts the credential.
 * @module
 */
import { z } from 'zod'
import { line, name, path, port } from './parts.ts'
import { value } from './value.ts'

const endpoint = z.strictObject({
  name: name.optional().describe('Names it in messages. Default: host:port.'),
  host: line.describe('A name or an address.'),
  port: port.optional().describe('Default: 5432.'),
  database: line.describe('The database to log in to.'),
  role: z
    .enum(['writer', 'reader', 'pooler'])
    .optional()
    .describe(
      'writer: where changes are made, exactly one. reader: a replica. pooler: PgBouncer or alike. Default: writer.',
    ),
})

const tls = z
  .strictObject({
    mode: z
      .enum(['verify-full', 'verify-ca', 'require', 'disable'])
      .optional()
      .describe('What is configured is what happens, without a fall-back. Default: verify-full.'),
    ca: path.optional().describe('A PEM file of the authorities to trust. Default: those of Node.js.'),
    servername: line.optional().describe('The name that the certificate bears, where it is not the host.'),
  })
  .describe('Encryption of the connections to the target.')

const admin = z
  .strictObject({
    secret: name.optional().describe('A secret of this file.'),
    id: line.optional().describe('Or a secret that is not in this file: its name in the store.'),
    store: name.optional().describe('With id: the store that holds it. Default: the only store.'),
    value: value.optional().describe('With id: its shape. Default: format json.'),
    user: line.optional().describe('With id: its login, where the value names none.'),
  })
  .refine(({ secret, id }) => (secret === undefined) !== (id === undefined), 'needs either secret or id')
  .refine(
    ({ secret, store, value, user }) => secret === undefined || [store, value, user].every(key => key === undefined),
    'store, value and user go with id; a secret of this file brings its own',
  )
  .describe('The login that may change others. Without it, each login changes its own password.')

const postgres = z.strictObject({
  kind: z.literal('postgres').describe('PostgreSQL 13 to 18.'),
  endpoints: z
    .array(endpoint)
    .min(1)
    .max(64)
    .describe('Every place where consumers log in: each is tested before a version becomes current.'),
  tls: tls.optional(),
  admin: admin.optional(),
  ownerRole: line
    .optional()
    .describe(
      'The role that owns the objects; sessions of both users run as it, so it never matters which of them is live.',
    ),
  probes: z
    .array(z.string().min(1).max(10_000))
    .max(32)
    .optional()
    .describe('Statements that the new login must be able to run, as the application would. Rolled back.'),
  adopt: z.boolean().optional().describe("Take over logins that bear another configuration's mark. Default: false."),
  hash: z
    .enum(['scram-sha-256', 'md5', 'plaintext'])
    .optional()
    .describe(
      "What is sent instead of the password; only scram-sha-256 keeps it out of the server's log. Default: scram-sha-256.",
    ),
})

const module = z.strictObject({
  kind: z.literal('module').describe('A target of your own.'),
  module: path.describe('The JavaScript module that exports it. Try it with `lockstep check --target`.'),
  options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Handed to the module as they are. No secrets: this file is not secret.'),
})

export const target = z
  .discriminatedUnion('kind', [postgres, module])
  .describe('The system that accepts the credential.')
