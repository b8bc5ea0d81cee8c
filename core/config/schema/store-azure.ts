/**
 * `stores:` of kind azure: Key Vault, with a journal in Blob Storage.
 * @module
 */
import { z } from 'zod'
import { duration, text } from './parts.ts'
import { signInToAzure, storedKey } from './sign-in.ts'

/** The address of a vault and nothing behind it: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
const VAULT = /^https:\/\/[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?\/?$/
/** Emulators have the account in the path. */
const BLOBS = /^https:\/\/[A-Za-z0-9.-]{1,253}(:[1-9][0-9]{0,4})?(\/[a-z0-9]{3,24})?\/?$/
/** A server that does not have to prove that it is the vault is believed on this machine only. */
const HERE = /^https:\/\/(localhost|127\.0\.0\.1)(:[1-9][0-9]{0,4})?\/?$/
/** https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata */
const CONTAINER = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/
const PREFIX = /^[A-Za-z0-9_-][A-Za-z0-9._/-]{0,199}$/

export const journalPlace = z.strictObject({
  url: text(BLOBS, 'an address such as https://ACCOUNT.blob.core.windows.net, with nothing behind it').describe(
    'The blob service of a storage account.',
  ),
  container: text(CONTAINER, 'a container: 3 to 63 lower-case letters, digits and single -').describe(
    'It has to exist.',
  ),
  prefix: text(PREFIX, 'at most 200 letters, digits and . _ / -')
    .optional()
    .describe('What the names of its blobs begin with. Default: nothing.'),
})

const journal = journalPlace.describe(
  'One blob a secret: what Key Vault cannot hold, written before it is changed. No values.',
)

export const azure = z.strictObject({
  kind: z.literal('azure').describe('Key Vault of Azure.'),
  vault: text(VAULT, 'the address of a vault, such as https://NAME.vault.azure.net, with nothing behind it').describe(
    'The vault.',
  ),
  journal,
  endpoint: text(HERE, 'an https:// address of this machine (localhost or 127.0.0.1)')
    .optional()
    .describe('An emulator in the place of the vault. Default: none.'),
  propagation: duration
    .optional()
    .describe(
      'How long consumers may be answered with the version before. References of App Service: 24h. Default: 0s.',
    ),
  signIn: signInToAzure.optional(),
  storedKey,
})
