/**
 * The configuration of the service as it is packaged, for what is granted by it.
 * @module
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../../core/config/types.ts'
import { type Cloud, readConfig } from '../../core/functions/configuration.ts'
import { configNames } from './contents.ts'
import type { Serverless } from './framework.ts'

/** There is none yet: undefined. `writeZips` has read it before, and says what is wrong with one. */
export async function configured(cloud: Cloud, { serviceDir, service }: Serverless): Promise<Config | undefined> {
  const file = configNames(cloud, service)
    .map(name => resolve(serviceDir, name))
    .find(existsSync)
  if (file === undefined) return undefined
  const { environment, member } = service.custom ?? {}
  const env = { LOCKSTEP_CONFIG: file, LOCKSTEP_ENVIRONMENT: environment, LOCKSTEP_MEMBER: member }
  return readConfig(cloud, serviceDir, env)
}
