/**
 * The functions on Google Cloud with stores of every cloud: the composition root of `dist/multi/gcp/index.mjs`.
 * @module
 */
import { gcpFunctions } from '../gcp/application.ts'
import { toStream } from '../gcp/log.ts'
import { registered } from '../gcp/registered.ts'
import { beyond } from './beyond.ts'

const { env, stdout } = process

registered(gcpFunctions({ env, folder: import.meta.dirname, write: toStream(stdout), beyond: beyond('gcp', env) }))
