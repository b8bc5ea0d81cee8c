/**
 * `target:`: the system that accepts the credential. One file an engine.
 * @module
 */
import { z } from 'zod'
import { path } from './parts.ts'
import { mariadb } from './target-mariadb.ts'
import { mongodb } from './target-mongodb.ts'
import { mysql } from './target-mysql.ts'
import { oracle } from './target-oracle.ts'
import { postgres } from './target-postgres.ts'
import { redis } from './target-redis.ts'
import { sqlserver } from './target-sqlserver.ts'

const module = z.strictObject({
  kind: z.literal('module').describe('A target of your own.'),
  module: path.describe('The JavaScript module that exports it. Try it with `lockstep check --target`.'),
  options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Handed to the module as they are. No secrets: this file is not secret.'),
})

/** By their kind; a module is a target of one's own. */
export const target = z
  .discriminatedUnion('kind', [mariadb, mongodb, mysql, oracle, postgres, redis, sqlserver, module])
  .describe('The system that accepts the credential.')
