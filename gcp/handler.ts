/**
 * The composition root of `dist/gcp/index.mjs`: registers the functions.
 * @module
 */
import { gcpFunctions } from './application.ts'
import { toStream } from './log.ts'
import { registered } from './registered.ts'

const { env } = process
const write = toStream(process.stdout)

registered(gcpFunctions({ env, folder: import.meta.dirname, write }))

// While the process starts it has more of the processor than any request has. The driver of the database waits for the first login.
await import('@google-cloud/secret-manager')
