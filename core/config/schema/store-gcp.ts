/**
 * `stores:` of kind gcp: Google Cloud's Secret Manager.
 * @module
 */
import { z } from 'zod'
import { duration, text } from './parts.ts'
import { signInToGcp, storedKey } from './sign-in.ts'

/** An ID, with the domain of an organisation before it at most, or a number: https://cloud.google.com/resource-manager/docs/creating-managing-projects */
const PROJECT = /^(([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|[0-9]{6,19})$/
const LOCATION = /^[a-z]{2,20}-[a-z]{2,20}[0-9]{1,2}$/
/** https://cloud.google.com/secret-manager/docs/assign-alias-to-secret-version; those of the service itself are told apart later. */
const ALIAS = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$/

const alias = text(ALIAS, 'an alias: a letter, then at most 62 letters, digits, - and _')

const aliases = z.strictObject({
  alias: alias.describe('What consumers read. A rotation moves it.'),
  previous: alias.optional().describe('Another alias, for the version before. Default: none.'),
})

export const gcp = z.strictObject({
  kind: z.literal('gcp').describe('Secret Manager of Google Cloud.'),
  project: text(PROJECT, 'the ID or the number of a project').describe('The project of the secrets.'),
  location: text(LOCATION, 'a location such as europe-west3; leave it out for global secrets')
    .optional()
    .describe('Of regional secrets, which are another kind of secret. Default: global secrets.'),
  readBy: z
    .union([z.literal('latest'), aliases], 'latest, or a mapping such as { alias: current }')
    .describe('How consumers read. Every version that is added is latest at once; an alias moves when it is tested.'),
  propagation: duration
    .optional()
    .describe('How long the service may go on answering consumers with the version before. Default: 3h.'),
  endpoint: text(HOST, 'a host name, with :port where it is not 443')
    .optional()
    .describe('Another address of the service. In clear to this machine only. Default: the one of the location.'),
  signIn: signInToGcp.optional(),
  storedKey,
})
