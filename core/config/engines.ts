/**
 * The engines that a configuration can name: what their servers can keep, and where they listen.
 * @module
 */
import type { Strategy } from '../ports/rotation-target.ts'
import type { EngineTargetConfig } from './types.ts'

export interface EngineFacts {
  /** As people call it, with its article where a sentence needs one. */
  readonly title: string
  readonly port: number
  readonly strategies: readonly Strategy[]
  /** `one`: changes are made in one place and replicate. `some`: each writer is changed by itself. */
  readonly writers: 'one' | 'some'
}

export const engines: { readonly [kind in EngineTargetConfig['kind']]: EngineFacts } = {
  mariadb: {
    title: 'MariaDB',
    port: 3306,
    strategies: ['dual-password', 'alternating-users', 'single-user'],
    writers: 'one',
  },
  // Any of the writers may be the primary, and is asked.
  mongodb: { title: 'MongoDB', port: 27017, strategies: ['single-user', 'alternating-users'], writers: 'some' },
  mysql: {
    title: 'MySQL',
    port: 3306,
    strategies: ['dual-password', 'alternating-users', 'single-user'],
    writers: 'one',
  },
  oracle: { title: 'Oracle', port: 1521, strategies: ['dual-password'], writers: 'one' },
  // It has neither second passwords nor issued keys.
  postgres: { title: 'PostgreSQL', port: 5432, strategies: ['single-user', 'alternating-users'], writers: 'one' },
  redis: {
    title: 'Redis',
    port: 6379,
    strategies: ['dual-password', 'alternating-users', 'single-user'],
    writers: 'some',
  },
  sqlserver: { title: 'SQL Server', port: 1433, strategies: ['alternating-users'], writers: 'one' },
}
