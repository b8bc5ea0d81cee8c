/**
 * What several keys of `lockstep.yml` are made of.
 * @module
 */
import { z } from 'zod'
import { DURATION, parseDuration } from '../../policy/duration.ts'

/** Names become file names, marks at the target and words on a command line. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/
const ENVIRONMENT_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `what` ends the sentence "expected …", for a wrong type as well as for a wrong text. */
export const text = (pattern: RegExp, what: string) => z.string(what).regex(pattern, what)

export const name = text(NAME, 'a name of at most 128 letters, digits, and . _ / -, beginning with a letter or digit')

/** One line that is not empty; what it means is somebody else's business. No `\p{…}`: editors may read patterns without flag u. */
export const line = text(/^[ -~\u00a0-\uffff]+$/, 'a text of one line that is not empty')

export const path = line.describe('A path; relative ones count from the folder of this file.')

export const duration = text(DURATION, 'a duration such as 90s, 15m, 1h30m or 30d').transform(
  written => parseDuration(written)!,
)

const PORT = 'a port number from 1 to 65535'
export const port = z.int(PORT).min(1, PORT).max(65_535, PORT)

export const keySource = z
  .strictObject({
    file: path.optional().describe('A file that only its owner can read (mode 0600).'),
    env: text(ENVIRONMENT_VARIABLE, 'the name of an environment variable')
      .optional()
      .describe('The name of an environment variable that holds the key.'),
  })
  .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'needs either file or env')
