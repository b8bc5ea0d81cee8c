/**
 * `followers:` of a secret, and `epochs:` of the file.
 * @module
 */
import { z } from 'zod'
import { duration, line, name } from './parts.ts'
import { journalPlace } from './store-azure.ts'

const follower = z.strictObject({
  store: name.describe('The store that holds the copy.'),
  name: name.optional().describe('What it is called in commands. Default: the name of its store.'),
  id: line.optional().describe('Its name for the secret. Default: that of the secret.'),
  required: z
    .boolean()
    .optional()
    .describe('The old credential does not end, and no rotation begins, before it shows current. Default: true.'),
  timeout: duration.optional().describe('Of one visit. Default: 30s.'),
  values: z
    .record(line, z.union([z.string(), z.number()]))
    .optional()
    .describe('Fields of the value that are different here, such as host. Needs format json.'),
  replica: z
    .boolean()
    .optional()
    .describe(
      'A replica that Secrets Manager keeps by itself: looked at in its region, never written. Default: false.',
    ),
})

export const followers = z.array(follower).max(64).describe('Where copies of it live: other regions, other clouds.')

export const acceptGap = z
  .array(name)
  .max(64)
  .describe('Followers whose consumers may be cut off until their copy arrives (strategies with a gap).')

export const epochs = z
  .strictObject({
    store: name
      .optional()
      .describe(
        'A store that refuses late promotions (aws, local, gcp with an alias), and that no leader is lost with.',
      ),
    blob: journalPlace.optional().describe('Or a container of Azure Blob Storage.'),
  })
  .refine(({ store, blob }) => (store === undefined) !== (blob === undefined), 'needs either store or blob')
  .describe('Where it is written who leads. Needed with followers.')
