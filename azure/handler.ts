/**
 * The composition root of `dist/azure/index.mjs`: registers the functions.
 * @module
 */
import { azureFunctions } from './application.ts'
import { registered } from './registered.ts'

const { env } = process

registered(
  azureFunctions({
    env,
    folder: import.meta.dirname,
    unusable: ({ message, code, next }) =>
      process.stderr.write(`${JSON.stringify({ level: 'ERROR', message, code, next })}\n`),
  }),
  env,
)

// While the process starts it has more of the processor than any run has. The driver of the database waits for the first login.
await Promise.all([import('@azure/keyvault-secrets'), import('@azure/storage-blob'), import('@azure/identity')])
