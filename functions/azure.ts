/**
 * The functions on Azure with stores of every cloud: the composition root of `dist/multi/azure/index.mjs`.
 * @module
 */
import { azureFunctions } from '../azure/application.ts'
import { registered } from '../azure/registered.ts'
import { beyond } from './beyond.ts'

const { env, stderr } = process

registered(
  azureFunctions({
    env,
    folder: import.meta.dirname,
    unusable: ({ message, code, next }) => stderr.write(`${JSON.stringify({ level: 'ERROR', message, code, next })}\n`),
    beyond: beyond('azure', env),
  }),
  env,
)
