/**
 * Environment variables, for development and for platforms that put secrets there. They do not change while a process lives:
 * a rotation is seen by the next one only.
 * @module
 */
import type { SecretSource } from '../secret-source.ts'
import { contentVersion } from './content-version.ts'

export interface EnvironmentSourceOptions {
  /** `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Name of a secret's variable. Default: `orders-db` is in `ORDERS_DB`. */
  readonly variable?: (name: string) => string
}

const shouted = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')

export function environmentSource({ env, variable = shouted }: EnvironmentSourceOptions): SecretSource {
  return {
    async read(name, which) {
      const value = env[variable(name)]
      // Empty is how many platforms write absent.
      return which === 'previous' || !value ? undefined : { value, version: contentVersion(value) }
    },
  }
}
