/**
 * The schema of `lockstep.yml`: what validates it, and what `lockstep.schema.json` is made from.
 * @module
 */
import { z } from 'zod'
import { epochs } from './follower.ts'
import { keySource, name, path, text } from './parts.ts'
import { defaults, secret } from './secret.ts'
import { store } from './store.ts'

const auditSink = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file').describe('Appends to a file.'), file: path }),
  z.strictObject({ kind: z.enum(['stdout', 'stderr']).describe('For a log collector.') }),
])

const sections = {
  deployment: text(/^[a-z0-9][a-z0-9-]{0,39}$/, 'at most 40 lower-case letters, digits and -')
    .optional()
    .describe('Marks the logins at the target as ours: two deployments never touch the same login. Default: default.'),
  stores: z.record(name, store).optional().describe('Where versions live, by name.'),
  fingerprintKey: keySource
    .optional()
    .describe('The key of the fingerprints that tell equal values in logs. Default: no fingerprints.'),
  audit: z
    .array(auditSink)
    .max(8)
    .optional()
    .describe(
      'Where audit events go besides the store, as JSON lines. Needed where a store keeps none itself (aws, gcp, azure). Default: nowhere.',
    ),
  epochs: epochs.optional(),
  defaults: defaults.optional(),
}

/** What an environment says is merged over the rest and checked as a whole afterwards: its parts may be incomplete. */
const fragment = z.record(z.string(), z.unknown())

const environment = z
  .strictObject({
    extends: name.optional().describe('Another environment to begin with.'),
    deployment: sections.deployment,
    stores: z.record(name, fragment).optional().describe('Changed keys of stores.'),
    fingerprintKey: sections.fingerprintKey,
    audit: sections.audit,
    epochs: sections.epochs,
    defaults: fragment.optional().describe('Changed keys of defaults.'),
    secrets: z
      .record(name, fragment.nullable())
      .optional()
      .describe('Changed keys of secrets; null removes a secret or a key.'),
  })
  .describe('Merged over this file by `--env`: mappings key by key, everything else as a whole; null removes a key.')

export const root = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find the schema of this file.'),
    version: z.literal(1).describe('The version of this format: 1.'),
    ...sections,
    environments: z.record(name, environment).optional().describe('Variants of this file, chosen by `--env`.'),
    secrets: z.record(name, secret).describe('What is rotated, by name.'),
  })
  .describe('What Lockstep rotates, where it lives and who uses it.')

export type RootInput = z.output<typeof root>
export type SecretInput = RootInput['secrets'][string]
export type DefaultsInput = NonNullable<RootInput['defaults']>
