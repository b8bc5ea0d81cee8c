/**
 * `stores:`: the places where versions live.
 * @module
 */
import { z } from 'zod'
import { keySource, path, text } from './parts.ts'
import { roleArn, signInToAws, storedKey } from './sign-in.ts'
import { azure } from './store-azure.ts'
import { gcp } from './store-gcp.ts'

/** Of every partition: eu-central-1, us-gov-west-1, cn-north-1. */
const REGION = /^[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9][0-9]?$/
/** Requests carry values: without TLS only to this machine, where emulators run. */
const ENDPOINT =
  /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}|\[::1\])(:[0-9]{1,5})?)(\/[^\s?#]*)?$/
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/

const local = z.strictObject({
  kind: z.literal('local').describe('One encrypted file on this machine.'),
  file: path.describe('The SQLite file.'),
  key: keySource.describe('The key that encrypts it. `lockstep init` makes one.'),
})

const role = z
  .strictObject({
    arn: roleArn.describe('Its ARN.'),
    externalId: text(EXTERNAL_ID, 'an external ID of 2 to 1224 letters, digits and _+=,.@:/-')
      .optional()
      .describe('What the trust policy of the role asks for. No secret: it stands in this file.'),
  })
  .describe('A role to assume, as for the secrets of another account. Default: the credentials at hand.')

const aws = z.strictObject({
  kind: z.literal('aws').describe('AWS Secrets Manager.'),
  region: text(REGION, 'a region such as eu-central-1')
    .optional()
    .describe('Where the secrets are, and not a replica of them. Default: AWS_REGION, or that of the profile.'),
  endpoint: text(ENDPOINT, 'an https:// URL, or http:// on this machine (localhost, 127.0.0.1, [::1])')
    .optional()
    .describe('Another address of the service: a VPC endpoint, an emulator. Default: the one of the region.'),
  role: role.optional(),
  signIn: signInToAws.optional(),
  storedKey,
})

export const store = z.discriminatedUnion('kind', [local, aws, gcp, azure]).describe('A place where versions live.')
