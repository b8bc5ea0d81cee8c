/**
 * `value:` and `password:`: the shape of a secret's value, and how new passwords are made.
 * @module
 */
import { z } from 'zod'
import { isRotationError } from '../../errors.ts'
import { characterClasses, MAX_LENGTH } from '../../secret/generate.ts'
import { parseTemplate } from '../../secret/shape-template.ts'
import { line } from './parts.ts'

const fields = z
  .strictObject({
    username: line.optional().describe('Default: username.'),
    password: line.optional().describe('Default: password.'),
    host: line.optional().describe('Read to compare versions, never dialled. Default: host.'),
    port: line.optional().describe('Read to compare versions, never dialled. Default: port.'),
  })
  .describe('The names of the fields in the JSON object. All other fields survive a rotation untouched.')

const template = z
  .string()
  .superRefine((text, context) => {
    try {
      parseTemplate(text)
    } catch (error) {
      if (!isRotationError(error)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })
  .describe(
    'Literal text with {username} and {password} (percent-encoded), {username:raw} and {password:raw} (as they are), and {*} for anything that survives. A literal brace is doubled.',
  )

export const value = z
  .discriminatedUnion('format', [
    z.strictObject({
      format: z.literal('json').describe('A JSON object, as AWS documents it for databases.'),
      fields: fields.optional(),
    }),
    z.strictObject({
      format: z.literal('password').describe('Nothing but the password; `user` names its login.'),
    }),
    z.strictObject({
      format: z.literal('url').describe('A URL with user and password: postgres://user:password@host/database.'),
    }),
    z.strictObject({
      format: z.literal('template').describe('A text with placeholders, such as a JDBC or ADO connection string.'),
      template,
    }),
  ])
  .describe('How username and password stand in the value. Default: format json.')

export const password = z
  .strictObject({
    length: z.int().min(1).max(MAX_LENGTH).optional().describe('Characters. Default: 32.'),
    classes: z
      .array(z.enum(characterClasses))
      .min(1)
      .optional()
      .describe('Kinds of characters that may occur. Default: lower, upper, digits.'),
    specials: z.string().max(32).optional().describe('What the class specials holds. Default: -_.~ (safe everywhere).'),
    exclude: z.string().max(94).optional().describe('Characters that never occur, for example O0lI1.'),
    requireEach: z.boolean().optional().describe('At least one character of every class. Default: true.'),
    firstLetter: z.boolean().optional().describe('The first character is a letter. Default: true.'),
    allowWeak: z.boolean().optional().describe('Accept less than 80 bits of entropy. Default: false.'),
  })
  .describe('How new passwords are made.')
