/**
 * What every engine's target is made of.
 * @module
 */
import { z } from 'zod'
import { adminTokens } from '../../ports/admin-token.ts'
import { profiles } from '../profiles.ts'
import { line, name, path, port } from './parts.ts'
import { value } from './value.ts'

/** An endpoint of an engine that listens at this port by default. */
export const endpointAt = (defaultPort: number) =>
  z.strictObject({
    name: name.optional().describe('Names it in messages. Default: host:port.'),
    host: line.describe('A name or an address.'),
    port: port.optional().describe(`Default: ${defaultPort}.`),
    role: z
      .enum(['writer', 'reader', 'pooler'])
      .optional()
      .describe(
        'writer: where changes are made. reader: a replica. pooler: a proxy in front of them. Default: writer.',
      ),
  })

/** Every place where consumers log in. */
export const endpoints = <Endpoint extends z.ZodType>(endpoint: Endpoint) =>
  z
    .array(endpoint)
    .min(1)
    .max(64)
    .describe('Every place where consumers log in: each is tested before a version becomes current.')

export const tls = z
  .strictObject({
    mode: z
      .enum(['verify-full', 'verify-ca', 'require', 'disable'])
      .optional()
      .describe('What is configured is what happens, without a fall-back. Default: verify-full.'),
    ca: path.optional().describe('A PEM file of the authorities to trust. Default: those of Node.js.'),
    servername: line.optional().describe('The name that the certificate bears, where it is not the host.'),
  })
  .describe('Encryption of the connections to the target.')

export const admin = z
  .strictObject({
    secret: name.optional().describe('A secret of this file.'),
    id: line.optional().describe('Or a secret that is not in this file: its name in the store.'),
    store: name.optional().describe('With id: the store that holds it. Default: the only store.'),
    value: value.optional().describe('With id: its shape. Default: format json.'),
    token: z
      .enum(adminTokens)
      .optional()
      .describe('Or no stored password at all: a token of the cloud that runs the server, fetched at each login.'),
    user: line.optional().describe('With token: the login. With id: its login, where the value names none.'),
    region: line.optional().describe('With rds-iam: the region, where the host does not name it.'),
  })
  .refine(
    ({ secret, id, token }) => [secret, id, token].filter(one => one !== undefined).length === 1,
    'needs one of secret, id and token',
  )
  .refine(
    ({ secret, store, value, user }) => secret === undefined || [store, value, user].every(key => key === undefined),
    'store, value and user go with id; a secret of this file brings its own',
  )
  .refine(
    ({ token, store, value, user }) => token === undefined || (user !== undefined && !store && !value),
    'token needs user, and nothing else but region',
  )
  .refine(({ token, region }) => region === undefined || token === 'rds-iam', 'region goes with token: rds-iam')
  .describe('The login that may change others. Without it, each login changes its own password.')

export const profile = z
  .enum(profiles)
  .describe('The managed service that runs the server: its limits of passwords and its own roles are known then.')

export const adopt = z.boolean().describe("Take over logins that bear another configuration's mark. Default: false.")

/** `what`: what a probe is in the engine's language. */
export const probes = (what: string) => z.array(z.string().min(1).max(10_000)).max(32).describe(what)
