/**
 * `hook:` of a consumer: what it needs after a promotion.
 * @module
 */
import { z } from 'zod'
import { duration, line, name, text } from './parts.ts'
import { value } from './value.ts'

const bounds = {
  timeout: duration.optional().describe('Of one try. Default: 30s.'),
  retries: z.int().min(0).max(10).optional().describe('Further tries where no answer came. Default: 2.'),
  required: z
    .boolean()
    .optional()
    .describe('The old credential does not end before this consumer has the new version. Default: false.'),
}

const region = text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as eu-central-1').optional()
const segment = text(/^[A-Za-z0-9._()-]{1,90}$/, 'a name of letters, digits and . _ - ( )')

const key = z
  .strictObject({
    secret: name.optional().describe('A secret of this file.'),
    id: line.optional().describe('Or a secret that is not in this file: its name in the store.'),
    store: name.optional().describe('With id: the store that holds it. Default: the only store.'),
    value: value.optional().describe('With id: its shape; its password is the key. Default: format password.'),
  })
  .refine(({ secret, id }) => (secret === undefined) !== (id === undefined), 'needs either secret or id')
  .refine(
    ({ secret, store, value }) => secret === undefined || (store === undefined && value === undefined),
    'store and value go with id; a secret of this file brings its own',
  )
  .describe('The key of the signature.')

const environmentName = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')

export const hook = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('ecs').describe('A new deployment of a service of Amazon ECS.'),
      cluster: line.describe('Its name or ARN.'),
      service: line.describe('Its name or ARN.'),
      region: region.describe('Default: that of the surroundings.'),
      ...bounds,
    }),
    z.strictObject({
      kind: z.literal('lambda-environment').describe('A variable of a Lambda function, so that it starts afresh.'),
      function: line.describe('Its name or ARN. Its unpublished version is changed ($LATEST).'),
      region: region.describe('Default: that of the surroundings.'),
      ...bounds,
    }),
    z.strictObject({
      kind: z.literal('cloud-run').describe('A new revision of a service of Cloud Run.'),
      project: segment.describe('The project that it runs in.'),
      location: segment.describe('Its region.'),
      service: segment.describe('Its name.'),
      ...bounds,
    }),
    z.strictObject({
      kind: z.literal('app-service').describe('A restart of an app of App Service or Azure Functions.'),
      subscription: segment.describe('The id of its subscription.'),
      resourceGroup: segment.describe('Its resource group.'),
      app: segment.describe('Its name.'),
      slot: segment.optional().describe('Default: production.'),
      references: z
        .boolean()
        .optional()
        .describe('Its references to this secret of Key Vault are read again first. Default: false.'),
      ...bounds,
    }),
    z.strictObject({
      kind: z.literal('webhook').describe('A signed request.'),
      url: text(
        /^https:\/\/[^\s@]+$|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/[^\s@]*)?$/,
        'an address that begins with https:// and holds no credentials',
      ).describe('Where it is sent: https only, but to this machine.'),
      key,
      ...bounds,
    }),
    z.strictObject({
      kind: z.literal('command').describe('A program on the machine that runs Lockstep. No shell.'),
      run: z
        .array(z.string().min(1).max(4096))
        .min(1)
        .max(64)
        .describe('The program and its arguments. {secret}, {version} and {consumer} stand for the names.'),
      env: z
        .array(environmentName)
        .max(64)
        .optional()
        .describe('Variables that it is handed on. Default: PATH, HOME, and what says where and in which language.'),
      ...bounds,
    }),
  ])
  .describe('What it needs after a promotion, to read the new version at once.')
